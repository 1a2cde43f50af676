/// What a Host field, or the authority of an absolute target, may look like.
#pragma once

#include <restful_functions/http/characters.hpp>

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace restful_functions::http {

namespace detail {

constexpr bool is_registered_name(std::string_view text) noexcept {
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%') {
            if (text.size() - i < 3 || hex_value(text[i + 1]) < 0 || hex_value(text[i + 2]) < 0)
                return false;
            i += 2;
        } else if (!is_alphanumeric(text[i]) &&
                   std::string_view("-._~!$&'()*+,;=").find(text[i]) == std::string_view::npos) {
            return false;
        }
    }
    return true;
}

constexpr bool is_ip_literal(std::string_view text) noexcept {
    return text.size() > 2 && text.front() == '[' && text.back() == ']' &&
           std::all_of(text.begin() + 1, text.end() - 1,
                       [](char c) { return hex_value(c) >= 0 || c == ':' || c == '.'; });
}

}  // namespace detail

/// Whether a text is `uri-host [":" port]` (RFC 9110, 7.2; RFC 3986, 3.2.2): a name, an IPv4
/// address or an IPv6 address in brackets. An empty text is one: a client whose target has no host
/// sends it.
constexpr bool is_host(std::string_view text) noexcept {
    const std::size_t bracket = text.rfind(']');
    const std::size_t colon = text.find(':', bracket == text.npos ? 0 : bracket);
    if (colon != text.npos) {
        const std::string_view port = text.substr(colon + 1);
        if (!std::all_of(port.begin(), port.end(), detail::is_digit)) return false;
        text = text.substr(0, colon);
    }
    return detail::is_registered_name(text) || detail::is_ip_literal(text);
}

}  // namespace restful_functions::http
