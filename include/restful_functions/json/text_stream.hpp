/// The stream through which RapidJSON reads a text: strings pass in runs of characters.
#pragma once

#include <restful_functions/detail/plain_run.hpp>

#include <rapidjson/encodings.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace restful_functions::json::detail {

/// A text as RapidJSON reads it, and the string in it that is being read: that is a piece of the
/// text, and becomes a text of its own with its first escape.
class text_stream {
 public:
    using Ch = char;

    explicit text_stream(std::string_view text) noexcept : text_(text) {}

    [[nodiscard]] char Peek() const noexcept { return at_end() ? '\0' : text_[at_]; }
    char Take() noexcept { return at_end() ? '\0' : text_[at_++]; }
    [[nodiscard]] std::size_t Tell() const noexcept { return at_; }
    [[nodiscard]] bool at_end() const noexcept { return at_ == text_.size(); }

    // To RapidJSON this is a text that it unescapes in place: it puts what an escape stands for,
    // and a NUL when it has taken the last quote.
    char* PutBegin() noexcept {
        verbatim_ = text_.substr(at_, 0);
        unescaped_.clear();
        return nullptr;
    }
    void Put(char c) {
        if (c == '\0' && text_[at_ - 1] == '"') return;
        unescaped_.append(std::exchange(verbatim_, {})) += c;
    }
    std::size_t PutEnd(const char*) const noexcept { return 1; }
    void Flush() noexcept {}

    /// Goes on with the string up to the next quote, escape or control character. False: what comes
    /// next is no UTF-8.
    bool take_run() {
        const auto rest = text_.substr(at_);
        const auto run = rest.substr(0, restful_functions::detail::plain_run(rest));
        if (unescaped_.empty()) {
            verbatim_ = run;
        } else {
            unescaped_ += run;
        }
        at_ += run.size();
        return !run.empty();
    }

    /// A low surrogate was read that no high one stands before: its escape ends here.
    void note_lone_surrogate() noexcept {
        if (!lone_surrogate_) lone_surrogate_ = at_ - std::string_view("\\uDC00").size();
    }
    /// Where the first of them begins.
    [[nodiscard]] std::optional<std::size_t> lone_surrogate() const noexcept {
        return lone_surrogate_;
    }

    /// The number that ends here.
    [[nodiscard]] std::string_view number() const noexcept {
        const auto read = text_.substr(0, at_);
        return read.substr(read.find_last_not_of("0123456789+-.eE") + 1);
    }

    /// The string that was read last.
    [[nodiscard]] std::string_view string() const noexcept {
        return unescaped_.empty() ? verbatim_ : unescaped_;
    }

 private:
    std::string_view text_;
    std::size_t at_ = 0;
    std::string_view verbatim_;
    std::string unescaped_;
    std::optional<std::size_t> lone_surrogate_;
};

/// UTF-8 that is validated in runs of characters. RapidJSON 1.1 refuses a high surrogate without a
/// low one, but makes UTF-8 that is none of a low one without a high one.
struct utf8_runs : rapidjson::UTF8<> {
    using UTF8::Encode;
    using UTF8::Validate;

    static void Encode(text_stream& text, unsigned code_point) {
        if (code_point >= 0xDC00 && code_point <= 0xDFFF) text.note_lone_surrogate();
        UTF8::Encode(text, code_point);
    }

    static bool Validate(text_stream& text, text_stream&) { return text.take_run(); }
};

}  // namespace restful_functions::json::detail
