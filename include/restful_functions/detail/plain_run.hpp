/// plain_run: how much of a text a JSON string holds as it is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
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

/// Whether all of a text is well-formed UTF-8.
[[nodiscard]] constexpr bool is_utf8(std::string_view text) noexcept {
    while (!text.empty()) {
        const std::size_t length = utf8_sequence(text);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
    return true;
}

/// Whether each of the eight bytes is an ASCII character other than controls, quote and backslash.
/// A subtraction borrows from the next byte only where this byte has given the answer already.
inline bool are_plain(const char* eight) noexcept {
    constexpr std::uint64_t each = 0x0101010101010101;
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, eight, sizeof bytes);
    const std::uint64_t found = bytes | (bytes - each * 0x20) | ((bytes ^ each * '"') - each) |
                                ((bytes ^ each * '\\') - each);
    return (found & each * 0x80) == 0;
}

/// The length of the longest beginning of `text` that a JSON string holds as it is: well-formed
/// UTF-8 without control characters, quotes and backslashes.
inline std::size_t plain_run(std::string_view text) noexcept {
    std::size_t length = 0;
    while (length < text.size()) {
        if (text.size() - length >= 8 && are_plain(text.data() + length)) {
            length += 8;
            continue;
        }
        const char next = text[length];
        const std::size_t sequence = utf8_sequence(text.substr(length));
        const bool is_escaped = sequence == 1 && (static_cast<unsigned char>(next) < 0x20 ||
                                                  next == '"' || next == '\\');
        if (sequence == 0 || is_escaped) break;
        length += sequence;
    }
    return length;
}

}  // namespace restful_functions::detail
