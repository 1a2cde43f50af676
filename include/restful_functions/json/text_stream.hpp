/// The stream through which RapidJSON reads a text: strings pass in runs of characters.
#pragma once

#include <restful_functions/detail/plain_run.hpp>

#include <rapidjson/encodings.h>

#include <cstddef>
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

    /// The string that was read last.
    [[nodiscard]] std::string_view string() const noexcept {
        return unescaped_.empty() ? verbatim_ : unescaped_;
    }

 private:
    std::string_view text_;
    std::size_t at_ = 0;
    std::string_view verbatim_;
    std::string unescaped_;
};

/// UTF-8 that is validated in runs of characters.
struct utf8_runs : rapidjson::UTF8<> {
    using UTF8::Validate;

    static bool Validate(text_stream& text, text_stream&) { return text.take_run(); }
};

}  // namespace restful_functions::json::detail
