/// The request line: its method, its target and its version (RFC 9112, 3).
#pragma once

#include <restful_functions/http/characters.hpp>
#include <restful_functions/http/host.hpp>
#include <restful_functions/http/refusal.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

namespace restful_functions::http {

/// The parts of a request line, as sent.
struct request_line {
    std::string_view method;
    std::string_view target;
    int version_minor = 1;
};

/// What a target in any form comes down to.
struct resolved_target {
    std::string origin_form;     ///< "/path?query", or "*".
    std::string_view authority;  ///< "host:port" of an absolute target; empty for the other forms.
};

/// Splits a request line, given without its line end, at exactly one space each side of the target.
/// Refuses versions other than HTTP/1.0 and HTTP/1.1, and the methods that turn a connection into
/// something else.
inline std::variant<request_line, refusal> parse_request_line(std::string_view line) {
    constexpr std::size_t version_size = std::string_view("HTTP/1.1").size();
    const std::size_t first = line.find(' ');
    const std::size_t last = line.rfind(' ');
    if (first == line.npos || first == last)
        return refusal{400, "the request line is not a method, a target and a version"};

    const std::string_view method = line.substr(0, first);
    const std::string_view target = line.substr(first + 1, last - first - 1);
    const std::string_view version = line.substr(last + 1);
    if (!is_token(method)) return refusal{400, "the method is not a token"};
    const bool visible =
        std::all_of(target.begin(), target.end(), [](char c) { return c > ' ' && c <= '~'; });
    if (target.empty() || !visible || target.find('#') != target.npos)
        return refusal{400,
                       "the target holds a character that a target may not hold: percent-encode "
                       "it in UTF-8, as %C3%AB for \u00EB and %20 for a space; curl does so with "
                       "--data-urlencode \"name=Zo\u00EB\""};
    if (version.size() != version_size || version.substr(0, 5) != "HTTP/" ||
        !detail::is_digit(version[5]) || version[6] != '.' || !detail::is_digit(version[7]))
        return refusal{400, "the request line does not end in an HTTP version"};
    if (version[5] != '1' || version[7] > '1')
        return refusal{505, "this server speaks HTTP/1.0 and HTTP/1.1"};
    if (method == "CONNECT" || method == "PRI")
        return refusal{501, "this server does not implement that method"};
    return request_line{method, target, version[7] - '0'};
}

/// Brings the target to the form that routing reads (RFC 9112, 3.2): "/…" stays, an absolute
/// "http://host/…" becomes its path, "*" is for OPTIONS only. Anything else is refused.
inline std::variant<resolved_target, refusal> resolve_target(std::string_view method,
                                                             std::string_view target) {
    if (target.front() == '/') return resolved_target{std::string(target), {}};
    if (target == "*" && method == "OPTIONS") return resolved_target{"*", {}};

    const std::size_t scheme_end = target.find("://");
    const std::string_view scheme = target.substr(0, scheme_end);
    if (scheme_end == target.npos ||
        !(equal_ignoring_case(scheme, "http") || equal_ignoring_case(scheme, "https")))
        return refusal{400, "the target is neither a path nor an http URL"};
    target.remove_prefix(scheme_end + 3);

    const std::size_t authority_size = std::min(target.find_first_of("/?"), target.size());
    const std::string_view authority = target.substr(0, authority_size);
    const std::string_view rest = target.substr(authority_size);
    // An http URL without a host is invalid, one with a user name is to be treated as an error
    // (RFC 9110, 4.2.1 and 4.2.4); '@' is no character of a host.
    if (authority.empty() || authority.front() == ':' || !is_host(authority))
        return refusal{400, "the host in the target is malformed"};
    if (rest.empty() && method == "OPTIONS") return resolved_target{"*", authority};
    if (rest.empty() || rest.front() == '?')
        return resolved_target{std::string("/").append(rest), authority};
    return resolved_target{std::string(rest), authority};
}

}  // namespace restful_functions::http
