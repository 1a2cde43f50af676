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

    /// What was taken last.
    [[nodiscard]] std::string_view last(std::size_t size) const noexcept {
        return text_.substr(at_ - size, size);
    }

    // To RapidJSON this is a text that it unescapes in place: it puts what an escape stands for,
    // and a NUL when it has taken the last quote.
    char* PutBegin() noexcept {
        verbatim_ = text_.substr(at_, 0);
        unescaped_.clear();
        return nullptr;
    }
    void Put(char c) {
        if (c == '\0' && text_[at_ - 1] == '"') return;
        // The second byte of U+D800 to U+DFFF: half of a pair, which UTF-8 has no form for.
        const bool is_half = static_cast<unsigned char>(c) >= 0xa0 && unescaped_.ends_with('\xed');
        if (is_half && !half_pair_at_) half_pair_at_ = at_ - escape_size;
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

    /// Where the first escape is that stands for half of a surrogate pair. RapidJSON refuses the
    /// first halves alone.
    [[nodiscard]] std::optional<std::size_t> half_pair_at() const noexcept { return half_pair_at_; }

    /// The string that was read last.
    [[nodiscard]] std::string_view string() const noexcept {
        return unescaped_.empty() ? verbatim_ : unescaped_;
    }

 private:
    static constexpr std::size_t escape_size = std::string_view("\\udc00").size();

    std::string_view text_;
    std::size_t at_ = 0;
    std::string_view verbatim_;
    std::string unescaped_;
    std::optional<std::size_t> half_pair_at_;
};

/// UTF-8 that is validated in runs of characters.
struct utf8_runs : rapidjson::UTF8<> {
    using UTF8::Validate;

    static bool Validate(text_stream& text, text_stream&) { return text.take_run(); }
};

}  // namespace restful_functions::json::detail
