/// quoted: any text as a JSON string, whatever bytes it consists of.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace restful_functions::detail {

/// The length of the well-formed UTF-8 sequence that `text` begins with; 0 when it begins with none
/// (Unicode, table 3-7).
constexpr std::size_t utf8_sequence(std::string_view text) noexcept {
    const auto byte = [text](std::size_t at) -> unsigned {
        return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U;
    };
    const auto continues = [byte](std::size_t at) { return (byte(at) & 0xC0) == 0x80; };
    const unsigned first = byte(0);
    const unsigned second = byte(1);
    if (first < 0x80) return 1;
    if (first < 0xC2 || first > 0xF4 || !continues(1)) return 0;
    if (first < 0xE0) return 2;
    const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
    const bool surrogate = first == 0xED && second > 0x9F;
    const bool too_large = first == 0xF4 && second > 0x8F;
    if (overlong || surrogate || too_large || !continues(2)) return 0;
    if (first < 0xF0) return 3;
    return continues(3) ? 4 : 0;
}

inline void append_escaped(std::string& out, char c) {
    constexpr std::string_view digits = "0123456789abcdef";
    switch (c) {
        case '"':
            out += "\\\"";
            return;
        case '\\':
            out += "\\\\";
            return;
        case '\b':
            out += "\\b";
            return;
        case '\f':
            out += "\\f";
            return;
        case '\n':
            out += "\\n";
            return;
        case '\r':
            out += "\\r";
            return;
        case '\t':
            out += "\\t";
            return;
        default:
            break;
    }
    const auto code = static_cast<unsigned char>(c);
    if (code >= 0x20) {
        out += c;
    } else {
        out += "\\u00";
        out += digits[code >> 4];
        out += digits[code & 0x0F];
    }
}

/// `text` as a JSON string with its quotes. What is no UTF-8 becomes U+FFFD, byte by byte: the
/// message of an exception, or what a refusal quotes of a request, may hold anything, and a client
/// must be able to read the reply all the same.
[[nodiscard]] inline std::string quoted(std::string_view text) {
    std::string out;
    out.reserve(text.size() + 2);
    out += '"';
    while (!text.empty()) {
        const std::size_t length = utf8_sequence(text);
        if (length == 1) {
            append_escaped(out, text.front());
        } else {
            out += length == 0 ? std::string_view("\xEF\xBF\xBD") : text.substr(0, length);
        }
        text.remove_prefix(length == 0 ? 1 : length);
    }
    out += '"';
    return out;
}

}  // namespace restful_functions::detail
