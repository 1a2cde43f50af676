/// The classes of characters that HTTP's grammar is made of. None depends on the locale.
#pragma once

#include <algorithm>
#include <string_view>

namespace restful_functions::http {

namespace detail {

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

constexpr bool is_alphanumeric(char c) noexcept {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

constexpr char to_lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// The value of a hexadecimal digit, -1 for any other character.
constexpr int hex_value(char c) noexcept {
    if (is_digit(c)) return c - '0';
    const char low = to_lower(c);
    return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

constexpr bool is_token_character(char c) noexcept {
    return is_alphanumeric(c) ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

}  // namespace detail

/// Whether a text is a token (RFC 9110, 5.6.2), as methods and field names are.
constexpr bool is_token(std::string_view text) noexcept {
    return !text.empty() && std::all_of(text.begin(), text.end(), detail::is_token_character);
}

/// Whether two ASCII texts are the same but for case, as field names and most field values compare.
constexpr bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
    return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
               return detail::to_lower(x) == detail::to_lower(y);
           });
}

}  // namespace restful_functions::http
