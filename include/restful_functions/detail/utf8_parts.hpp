/// utf8_parts: the pieces of characters at the places where a text was cut.
#pragma once

#include <restful_functions/detail/plain_run.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace restful_functions::detail {

constexpr std::size_t longest_utf8_part = 3;

constexpr bool continues_character(char byte) noexcept {
    return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
}

/// Whether more bytes would make one character of all of `bytes`, which are 1 to 3.
constexpr bool is_utf8_part(std::string_view bytes) noexcept {
    const auto first = static_cast<unsigned char>(bytes.front());
    if (bytes.size() == 1) return first >= 0xC2 && first <= 0xF4;
    std::array<char, longest_utf8_part + 1> whole{};
    whole.fill('\x80');
    std::copy(bytes.begin(), bytes.end(), whole.begin());
    return utf8_sequence({whole.data(), whole.size()}) > bytes.size();
}

/// How many bytes of a text that begins with no character one U+FFFD stands for: the longest part
/// of a character (Unicode, 3.9, "U+FFFD Substitution of Maximal Subparts"), or one byte.
constexpr std::size_t replaced_bytes(std::string_view text) noexcept {
    std::size_t size = std::min(text.size(), longest_utf8_part);
    while (size > 1 && !is_utf8_part(text.substr(0, size))) --size;
    return size;
}

/// The number of bytes at the end of a text that are the beginning of a character.
constexpr std::size_t unfinished_bytes(std::string_view text) noexcept {
    for (std::size_t size = 1; size <= std::min(text.size(), longest_utf8_part); ++size) {
        const std::string_view end = text.substr(text.size() - size);
        if (!continues_character(end.front())) return is_utf8_part(end) ? size : 0;
    }
    return 0;
}

/// The number of bytes at the beginning of a text that may be the end of a character.
constexpr std::size_t left_over_bytes(std::string_view text) noexcept {
    std::size_t size = 0;
    while (size < std::min(text.size(), longest_utf8_part) && continues_character(text[size]))
        ++size;
    return size;
}

}  // namespace restful_functions::detail
