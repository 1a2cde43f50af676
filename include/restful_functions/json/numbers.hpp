/// numbers: the value of what RapidJSON has found to be a number. Its own conversion reads beyond a
/// table when a number has hundreds of digits before its first one that counts, or behind it.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <system_error>

namespace restful_functions::json::detail {

/// Whether a number that is no double is too large for one, and not too small.
inline bool is_large(std::string_view number) noexcept {
    const std::size_t end = number.find_first_of("eE");
    const std::string_view digits = number.substr(0, end);
    const std::size_t point = digits.find('.');
    const auto whole = static_cast<std::int64_t>(point == digits.npos ? digits.size() : point);
    const auto first = static_cast<std::int64_t>(digits.find_first_of("123456789"));
    std::int64_t exponent = 0;
    if (end != number.npos) {
        std::string_view text = number.substr(end + 1);
        if (text.front() == '-' && text.size() > 12) return false;
        if (text.front() == '+') text.remove_prefix(1);
        std::from_chars(text.data(), text.data() + text.size(), exponent);
    }
    return whole - first + exponent > 0;
}

/// Hands the value to a handler as RapidJSON does. false: it is too large for a double.
template <typename Handler>
bool hand_number(std::string_view number, Handler& handler) {
    const char* const end = number.data() + number.size();
    const auto reads = [&](auto& value) {
        return std::from_chars(number.data(), end, value).ec == std::errc();
    };
    const bool is_negative = number.front() == '-';
    if (number.find_first_of(".eE") == number.npos) {
        std::int64_t signed_value = 0;
        if (is_negative && reads(signed_value)) return handler.Int64(signed_value);
        std::uint64_t value = 0;
        if (!is_negative && reads(value)) return handler.Uint64(value);
    }
    double value = 0;
    if (!reads(value)) {
        if (is_large(number)) return false;
        value = is_negative ? -0.0 : 0.0;
    }
    return handler.Double(value);
}

}  // namespace restful_functions::json::detail
