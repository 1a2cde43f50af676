/// The Traceparent field: which trace a request belongs to (W3C Trace Context).
#pragma once

#include <algorithm>
#include <string_view>

namespace restful_functions::http {

/// Whether a text is a Traceparent field of version 00, `00-<32 digits>-<16 digits>-<2 digits>` in
/// lower-case hexadecimal, neither id all zeros (3.2). Others are to be passed over.
[[nodiscard]] inline bool is_traceparent(std::string_view text) noexcept {
    constexpr std::string_view layout = "00-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx-xxxxxxxxxxxxxxxx-xx";
    const auto fits = [](char expected, char c) {
        if (expected != 'x') return c == expected;
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    };
    if (text.size() != layout.size() ||
        !std::equal(layout.begin(), layout.end(), text.begin(), fits))
        return false;
    const auto is_zero = [](std::string_view id) { return id.find_first_not_of('0') == id.npos; };
    return !is_zero(text.substr(3, 32)) && !is_zero(text.substr(36, 16));
}

}  // namespace restful_functions::http
