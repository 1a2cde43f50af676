/// A strict, incremental parser of HTTP/1 requests that does no input of its own.
#pragma once

#include <restful_functions/http/framing_error.hpp>
#include <restful_functions/http/head_rules.hpp>
#include <restful_functions/http/head_scanner.hpp>
#include <restful_functions/http/known_head.hpp>
#include <restful_functions/http/limits.hpp>
#include <restful_functions/http/message.hpp>
#include <restful_functions/http/refusal.hpp>
#include <restful_functions/http/request_line.hpp>

#include <llhttp.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace restful_functions::http {

/// Turns the bytes of a connection into requests, one after the other. The result does not depend
/// on how the bytes are cut into pieces.
///
///     std::size_t used = parser.feed(bytes);
///     if (parser.complete()) serve(parser.take());           // then feed the bytes that are left
///     else if (parser.refused()) answer_and_close(parser.refused());
///
/// A head goes to llhttp in one piece, after the head_scanner: the framing does not depend on how
/// lenient llhttp was built.
class parser {
 public:
    explicit parser(const limits& bounds = {}) noexcept : limits_(bounds) {
        llhttp_init(&llhttp_, HTTP_REQUEST, &callbacks());
        llhttp_.data = this;
    }
    parser(const parser&) = delete;
    parser& operator=(const parser&) = delete;

    /// Takes in bytes up to the end of a request; returns how many. The others belong to the next
    /// request. After a refusal every byte is swallowed.
    std::size_t feed(std::string_view bytes) {
        std::size_t used = 0;
        while (used < bytes.size() && state_ != state::complete) {
            const std::string_view rest = bytes.substr(used);
            switch (state_) {
                case state::head:
                    used += feed_head(rest);
                    break;
                case state::body:
                    used += feed_body(rest);
                    break;
                case state::trailers:
                    used += feed_trailers(rest);
                    break;
                case state::complete:
                    break;
                case state::refused:
                    return bytes.size();
            }
        }
        return used;
    }

    /// Whether no byte of a request has come since the last one was taken.
    [[nodiscard]] bool idle() const noexcept {
        return state_ == state::head && scanner_.untouched();
    }
    /// Whether the head is there and more of the body is to come.
    [[nodiscard]] bool in_body() const noexcept {
        return state_ == state::body || state_ == state::trailers;
    }
    /// Whether take() has a request to give.
    [[nodiscard]] bool complete() const noexcept { return state_ == state::complete; }
    /// Why the bytes are no acceptable request: answer so and close the connection.
    [[nodiscard]] const refusal& refused() const noexcept { return refused_; }
    /// The head as far as it is known; of use beside a refusal, whose form may depend on it.
    [[nodiscard]] const request& partial() const noexcept { return request_; }

    /// The received part of a request that is refused: of an incomplete head, the method, the
    /// target and the complete header fields. The parser cannot be used afterwards.
    [[nodiscard]] request take_refused() {
        if (!head_.empty()) request_ = known_of_head(std::exchange(head_, {}));
        return std::exchange(request_, {});
    }

    /// Whether the client waits for "100 Continue" before it sends the body. True once a request.
    [[nodiscard]] bool take_continue() noexcept {
        return std::exchange(continue_expected_, false) && state_ == state::body &&
               request_.body.empty();
    }

    /// The complete request; the parser is then ready for the next one.
    [[nodiscard]] request take() {
        scanner_ = head_scanner(limits_.max_header_bytes);
        state_ = state::head;
        continue_expected_ = false;
        return std::exchange(request_, {});
    }

 private:
    enum class state { head, body, trailers, complete, refused };
    enum class extension { none, to_come, inside };  // of the chunk whose size has been read

    // A chunk takes that much beside its data and extensions: a size and two line ends.
    static constexpr std::size_t usual_framing = 16;

    std::size_t feed_head(std::string_view bytes) {
        const std::size_t used = scanner_.scan(bytes);
        if (scanner_.refused()) {
            head_.append(bytes.substr(0, used - 1));  // without the byte that is refused
            refuse(scanner_.refused());
        } else if (!scanner_.complete()) {
            head_.append(bytes);
        } else if (head_.empty()) {
            parse_head(bytes.substr(0, used));
        } else {
            head_.append(bytes.substr(0, used));
            // Gives its memory back: an idle connection holds none.
            parse_head(std::exchange(head_, {}));
        }
        return used;
    }

    void parse_head(std::string_view head) {
        head.remove_prefix(head.find_first_not_of("\r\n"));
        const auto line = parse_request_line(head.substr(0, head.find('\r')));
        if (const auto* why = std::get_if<refusal>(&line)) return refuse_head(head, *why);
        const auto& [method, target, version_minor] = std::get<request_line>(line);
        request_.method = method;
        request_.version_minor = version_minor;

        auto resolved = resolve_target(method, target);
        if (const auto* why = std::get_if<refusal>(&resolved)) return refuse_head(head, *why);
        auto& [origin_form, authority] = std::get<resolved_target>(resolved);
        request_.target = std::move(origin_form);
        authority_ = authority;

        request_.headers.reserve(8);
        state_ = state::body;
        announced_ = data_left_ = chunks_ = framing_ = 0;
        last_framing_ = '\0';
        llhttp_reset(&llhttp_);
        execute(head);
    }

    void refuse_head(std::string_view head, const refusal& why) {
        head_ = head;
        refuse(why);
    }

    // llhttp gets either data or what frames it, and no more of that than is still allowed: which
    // of several things is wrong first does not depend on the pieces.
    std::size_t feed_body(std::string_view bytes) {
        if (data_left_ > 0) return execute(bytes.substr(0, data_left_));
        const std::size_t allowed = chunks_ * usual_framing + limits_.max_header_bytes;
        const std::size_t used = feed_framing(bytes.substr(0, allowed - framing_ + 1));
        framing_ += used;
        if (framing_ > allowed) refuse({400, "the chunks of the body have too long extensions"});
        return used;
    }

    // An extension is passed over without a look at its grammar (RFC 9112, 7.1.1), which llhttp has
    // a narrower notion of. It stands between a size and a CR, and holds no control character.
    std::size_t feed_framing(std::string_view bytes) {
        switch (extension_) {
            case extension::none: {
                if (ends_size(last_framing_, bytes.front())) {
                    extension_ = extension::to_come;
                    return 0;
                }
                // A size stands before the first LF, or after that of the chunk before.
                const std::size_t line_end = bytes.find('\n', bytes.find('\n') <= 1 ? 2 : 0);
                const std::string_view line = bytes.substr(0, line_end);
                const auto last = std::adjacent_find(line.begin(), line.end(), ends_size);
                const auto size = static_cast<std::size_t>(last - line.begin()) + 1;
                const std::size_t used = execute(bytes.substr(0, size));
                if (used > 0) last_framing_ = bytes[used - 1];
                return used;
            }
            case extension::to_come: {
                const std::size_t end = bytes.find_first_not_of(" \t");
                if (end == bytes.npos) return bytes.size();
                if (bytes[end] != ';') {
                    refuse(detail::refusal_of(HPE_INVALID_CHUNK_SIZE));
                    return bytes.size();
                }
                extension_ = extension::inside;
                return end;
            }
            case extension::inside: {
                const auto end = std::find_if(bytes.begin(), bytes.end(), [](char c) {
                    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F;
                });
                if (end != bytes.end()) {
                    if (*end != '\r') refuse(detail::refusal_of(HPE_CR_EXPECTED));
                    extension_ = extension::none;
                    last_framing_ = '\0';
                }
                return static_cast<std::size_t>(end - bytes.begin());
            }
        }
        return 0;
    }

    static bool ends_size(char digit, char next) noexcept {
        return detail::hex_value(digit) >= 0 && (next == ';' || next == ' ' || next == '\t');
    }

    std::size_t feed_trailers(std::string_view bytes) {
        const std::size_t used = scanner_.scan(bytes);
        const refusal& why = scanner_.refused();
        execute(bytes.substr(0, why ? used - 1 : used));
        if (why) refuse(why);
        return used;
    }

    std::size_t execute(std::string_view bytes) {
        const llhttp_errno_t error = llhttp_execute(&llhttp_, bytes.data(), bytes.size());
        if (error == HPE_OK) return bytes.size();
        if (error == HPE_PAUSED) {
            const char* const end = llhttp_get_error_pos(&llhttp_);
            llhttp_resume(&llhttp_);
            return static_cast<std::size_t>(end - bytes.data());
        }
        refuse(detail::refusal_of(error));
        return bytes.size();
    }

    // The first refusal stands. The body gives its memory back at once.
    void refuse(refusal why) noexcept {
        if (!refused_) refused_ = why;
        state_ = state::refused;
        std::string().swap(request_.body);
    }

    int on_field(std::string_view value) {
        if (state_ == state::trailers) return 0;  // dropped, as RFC 9110, 6.5.1 permits
        if (request_.headers.size() == limits_.max_fields) {
            refuse({431, "there are too many header fields"});
            return HPE_USER;
        }
        const std::size_t end = value.find_last_not_of(" \t");
        request_.headers.add(std::string(field_name_), std::string(value.substr(0, end + 1)));
        return 0;
    }

    int on_head() {
        request_.keep_alive = wants_to_keep_alive(request_);
        llhttp_.upgrade = 0;  // an Upgrade may be ignored (RFC 9110, 7.8), and here always is
        continue_expected_ = expects_continue(request_);

        refusal why = check_head(request_);
        if (!why && llhttp_.content_length > limits_.max_body_bytes)
            why = {413, "the body is larger than this server accepts"};
        if (why) {
            refuse(why);
            return HPE_USER;
        }
        announced_ = data_left_ = static_cast<std::size_t>(llhttp_.content_length);
        // The Host of an absolute target replaces the field (RFC 9112, 3.2.2).
        if (!authority_.empty()) request_.headers.set("Host", std::string(authority_));
        return 0;
    }

    int on_chunk() {
        const std::uint64_t size = llhttp_.content_length;
        if (size == 0) {
            state_ = state::trailers;
            scanner_ = head_scanner(limits_.max_header_bytes, head_scanner::section::trailers);
            return HPE_PAUSED;
        }
        if (size > limits_.max_body_bytes - request_.body.size()) {
            refuse({413, "the body is larger than this server accepts"});
            return HPE_USER;
        }
        ++chunks_;
        data_left_ = static_cast<std::size_t>(size);
        return HPE_PAUSED;
    }

    // What was announced bounds the memory that is set aside, what is there sets it. Each step
    // copies the body: who has sent a mebibyte is trusted with a large one.
    int on_body(std::string_view bytes) {
        std::string& body = request_.body;
        if (body.size() + bytes.size() > body.capacity())
            body.reserve(std::min(announced_, body.size() * (body.size() < 1 << 20 ? 2 : 16)));
        body.append(bytes);
        data_left_ -= bytes.size();
        return 0;
    }

    int on_complete() {
        state_ = state::complete;
        return HPE_PAUSED;
    }

    // llhttp is C: no exception may pass through it. What a callback throws is a lack of memory.
    template <auto handle, class... Arguments>
    static int guarded(llhttp_t* from, Arguments... given) noexcept {
        auto* const self = static_cast<parser*>(from->data);
        try {
            return (self->*handle)(given...);
        } catch (const std::exception&) {
            self->refuse({503, "the server has no memory left for the request; try again later"});
            return HPE_USER;
        }
    }
    template <int (parser::*handle)()>
    static int event(llhttp_t* from) noexcept {
        return guarded<handle>(from);
    }
    template <int (parser::*handle)(std::string_view)>
    static int span(llhttp_t* from, const char* at, std::size_t size) noexcept {
        return guarded<handle>(from, std::string_view(at, size));
    }
    int on_field_name(std::string_view name) noexcept {
        field_name_ = name;
        return 0;
    }

    static const llhttp_settings_t& callbacks() noexcept {
        static const llhttp_settings_t settings = [] {
            llhttp_settings_t all;
            llhttp_settings_init(&all);
            all.on_header_field = &span<&parser::on_field_name>;
            all.on_header_value = &span<&parser::on_field>;
            all.on_headers_complete = &event<&parser::on_head>;
            all.on_chunk_header = &event<&parser::on_chunk>;
            all.on_body = &span<&parser::on_body>;
            all.on_message_complete = &event<&parser::on_complete>;
            return all;
        }();
        return settings;
    }

    limits limits_;
    state state_ = state::head;
    head_scanner scanner_{limits_.max_header_bytes};
    llhttp_t llhttp_;
    std::string head_;             // a head that came in several pieces, as far as it is there
    std::string_view field_name_;  // into the head that is being parsed
    std::string_view authority_;   // likewise
    std::size_t announced_ = 0;    // the Content-Length
    std::size_t data_left_ = 0;    // of the body, or of the chunk that has begun
    std::size_t chunks_ = 0;       // so far in this body
    std::size_t framing_ = 0;      // bytes of this body's coding that are no data
    char last_framing_ = '\0';     // of those that llhttp got
    extension extension_ = extension::none;
    bool continue_expected_ = false;
    request request_;
    refusal refused_;
};

}  // namespace restful_functions::http
