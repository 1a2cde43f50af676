/// Finds the end of a request head and refuses the bytes that let two readers see different heads.
#pragma once

#include <restful_functions/http/refusal.hpp>

#include <cstddef>
#include <string_view>

namespace restful_functions::http {

/// Reads a request line and header fields, or trailer fields, byte by byte up to the empty line
/// that ends them. Knows lines and limits only, not what a field means. Whatever a message parser
/// tolerates, what passed here has CRLF line ends and no other control character than a tab, no
/// folded line and no empty name.
class head_scanner {
 public:
    /// What the lines are: a whole head begins with a request line, a trailer section does not.
    enum class section { head, trailers };

    explicit head_scanner(std::size_t max_bytes, section what = section::head) noexcept
        : max_bytes_(max_bytes), in_request_line_(what == section::head) {}

    /// Looks at the next bytes; returns how many of them were still needed. Fewer than all means
    /// that the section is complete or refused.
    std::size_t scan(std::string_view bytes) noexcept {
        std::size_t i = 0;
        while (i < bytes.size() && !complete_ && !refused_) step(bytes[i++]);
        return i;
    }

    /// Whether the empty line that ends the section has been seen.
    [[nodiscard]] bool complete() const noexcept { return complete_; }
    /// Why the section cannot be accepted; status 0 when nothing speaks against it so far.
    [[nodiscard]] const refusal& refused() const noexcept { return refused_; }
    /// Whether no byte has come yet. An empty line before a request line is one: who sends such
    /// lines is given the time of a head, not that of an idle connection again and again.
    [[nodiscard]] bool untouched() const noexcept { return size_ == 0; }

 private:
    void step(char c) noexcept {
        if ((previous_ == '\r') != (c == '\n'))
            return refuse(400, "a line of the head does not end in CRLF");
        if (++size_ > max_bytes_)
            return in_request_line_ ? refuse(414, "the request line is too long")
                                    : refuse(431, "the header fields are too long");
        previous_ = c;
        if (c == '\n') return end_line();
        if (c != '\r') check(c);
        ++column_;
    }

    void end_line() noexcept {
        const bool empty = column_ == 1;
        column_ = 0;
        // Empty lines before a request line are skipped (RFC 9112, 2.2).
        if (!empty)
            in_request_line_ = false;
        else if (!in_request_line_)
            complete_ = true;
    }

    void check(char c) noexcept {
        const auto byte = static_cast<unsigned char>(c);
        if ((byte < 0x20 && c != '\t') || byte == 0x7F)
            return refuse(400, "the head holds a control character");
        if (column_ > 0 || in_request_line_) return;
        if (c == ' ' || c == '\t') return refuse(400, "a header field is folded over two lines");
        if (c == ':') return refuse(400, "a header field has no name");
    }

    void refuse(int status, std::string_view why) noexcept { refused_ = {status, why}; }

    std::size_t max_bytes_;
    std::size_t size_ = 0;
    std::size_t column_ = 0;
    bool in_request_line_;
    bool complete_ = false;
    char previous_ = '\0';
    refusal refused_;
};

}  // namespace restful_functions::http
