/// The target of a request in origin form, taken apart into decoded path segments and the query.
#pragma once

#include <restful_functions/http/characters.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace restful_functions::http {

/// Undoes percent-encoding (RFC 3986, 2.1); nullopt when a '%' is not followed by two hexadecimal
/// digits, or when they spell NUL, which no name may hold.
inline std::optional<std::string> percent_decode(std::string_view text) {
    std::string decoded;
    decoded.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            decoded += text[i];
            continue;
        }
        if (text.size() - i < 3) return std::nullopt;
        const int high = detail::hex_value(text[i + 1]);
        const int low = detail::hex_value(text[i + 2]);
        if (high < 0 || low < 0 || high + low == 0) return std::nullopt;
        decoded += static_cast<char>(high * 16 + low);
        i += 2;
    }
    return decoded;
}

/// Where a request goes. "/task/info/1%2F2/?x=1" has the segments "task", "info" and "1/2", a
/// trailing slash, and the query "x=1".
struct target {
    std::vector<std::string> segments;  ///< Decoded: a segment may hold a slash. None for "/".
    std::string query;                  ///< Still encoded, without the question mark.
    bool trailing_slash = false;        ///< Whether a slash follows the last segment.
};

/// Takes an origin-form target apart (RFC 9112, 3.2.1). nullopt when it does not begin with a slash
/// or is badly percent-encoded. Empty segments, "." and ".." are kept as such: nothing here is a
/// file.
inline std::optional<target> parse_target(std::string_view text) {
    if (text.empty() || text.front() != '/') return std::nullopt;
    target parsed;
    if (const std::size_t mark = text.find('?'); mark != text.npos) {
        parsed.query = text.substr(mark + 1);
        text = text.substr(0, mark);
    }
    text.remove_prefix(1);
    while (!text.empty()) {
        const std::size_t slash = text.find('/');
        auto segment = percent_decode(text.substr(0, slash));
        if (!segment) return std::nullopt;
        parsed.segments.push_back(std::move(*segment));
        if (slash == text.npos) break;
        text.remove_prefix(slash + 1);
        parsed.trailing_slash = text.empty();
    }
    return parsed;
}

}  // namespace restful_functions::http
