/// origins: which web pages may use the server (Fetch Standard, 3.2; RFC 6454).
#pragma once

#include <restful_functions/api/access.hpp>
#include <restful_functions/http/characters.hpp>
#include <restful_functions/http/head_rules.hpp>
#include <restful_functions/http/message.hpp>
#include <restful_functions/http/problem.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace restful_functions::api {

namespace detail {

/// Whether a Host field, without its port, is an address: no page can make its own name be one.
inline bool is_address(std::string_view host) noexcept {
    return host.starts_with('[') ||
           (!host.empty() && host.find_first_not_of("0123456789.") == host.npos);
}

inline std::string_view without_port(std::string_view host) noexcept {
    const std::size_t bracket = host.rfind(']');
    return host.substr(0, host.find(':', bracket == host.npos ? 0 : bracket));
}

inline bool lists(const std::vector<std::string>& all, std::string_view one) {
    return std::any_of(all.begin(), all.end(), [one](const std::string& each) {
        return http::equal_ignoring_case(each, one);
    });
}

/// An origin without its scheme: what the Host field has when the page is the server's own.
inline std::string_view authority_of(std::string_view origin) noexcept {
    const std::size_t end_of_scheme = origin.find("://");
    return end_of_scheme == origin.npos ? origin : origin.substr(end_of_scheme + 3);
}

/// Whether a page's origin is the server's own, as the client sees it. The scheme is compared where
/// a proxy tells it: the server itself does not know whether one in front speaks TLS.
inline bool is_own(std::string_view origin, const http::request& request) {
    const std::string* field = request.headers.find("Host");
    const bool is_told = !request.public_host.empty();
    if (field == nullptr && !is_told) return false;
    const std::string_view host = is_told ? request.public_host : *field;
    if (request.public_scheme.empty()) return http::equal_ignoring_case(authority_of(origin), host);
    const std::string own = request.public_scheme + "://" + std::string(host);
    return http::equal_ignoring_case(origin, own);
}

}  // namespace detail

/// A name that is made to resolve to this machine would let any page read from a server on
/// loopback (DNS rebinding): with a list of names, others are refused. nullopt: accepted.
[[nodiscard]] inline std::optional<http::response> check_host(const access_options& access,
                                                              const http::request& request) {
    if (access.allowed_hosts.empty()) return std::nullopt;
    const std::string* field = request.headers.find("Host");
    if (field == nullptr) return std::nullopt;  // HTTP/1.0 and transports without a network
    const std::string_view host = detail::without_port(*field);
    if (host.empty() || detail::is_address(host) || http::equal_ignoring_case(host, "localhost") ||
        detail::lists(access.allowed_hosts, host)) {
        return std::nullopt;
    }
    return http::problem(421, "this server is not known as \"" + std::string(host) +
                                  "\"; its owner can add that name to allowed_hosts");
}

/// What the request's page may do: nothing that is not said here where it is another site's.
class page {
 public:
    page(const access_options& access, const http::request& request) {
        const std::string* site = request.headers.find("Sec-Fetch-Site");
        // No page can set this field (Fetch Metadata, 2): the browser compares what it asked for
        // itself, whatever a proxy makes of Host.
        if (site != nullptr && *site == "same-origin") return;
        const std::string* origin = request.headers.find("Origin");
        if (origin == nullptr) {
            is_foreign_ = site != nullptr && *site == "cross-site";
            return;
        }
        if (detail::is_own(*origin, request)) return;
        is_foreign_ = true;
        any_ = detail::lists(access.allowed_origins, "*");
        if (any_ || detail::lists(access.allowed_origins, *origin)) allowed_ = *origin;
    }

    /// Whether it may change something: it is no other site's page, or one that is listed.
    [[nodiscard]] bool may_change() const noexcept { return !is_foreign_ || !allowed_.empty(); }

    /// Whether it is another site's page that may read the answers.
    [[nodiscard]] bool is_listed() const noexcept { return !allowed_.empty(); }

    /// Lets the page read the answer.
    void let_read(http::response& answer) const {
        answer.headers.add("Access-Control-Allow-Origin", any_ ? "*" : allowed_);
        if (!any_) {
            answer.headers.add("Access-Control-Allow-Credentials", "true");
            answer.headers.add("Vary", "Origin");
        }
        answer.headers.add(
            "Access-Control-Expose-Headers",
            "Content-Disposition, ETag, Idempotent-Replayed, Link, Location, Log-Offset, Log-Size, "
            "Preference-Applied, Retry-After");
    }

    /// The answer to a browser that asks beforehand whether the page may send a request, but for
    /// what let_read() adds.
    [[nodiscard]] http::response preflight() const {
        http::response answer;
        answer.status = 204;
        answer.headers.add("Access-Control-Allow-Methods", "GET, HEAD, POST");
        answer.headers.add(
            "Access-Control-Allow-Headers",
            "Authorization, Content-Encoding, Content-Type, Idempotency-Key, If-None-Match, "
            "Last-Event-ID, Prefer, Traceparent, Tracestate, X-Timeout");
        answer.headers.add("Access-Control-Max-Age", "600");
        return answer;
    }

 private:
    bool is_foreign_ = false;
    bool any_ = false;
    std::string allowed_;  // the origin, where it is listed
};

/// Whether a browser asks whether a page may send a request.
[[nodiscard]] inline bool is_preflight(const http::request& request) noexcept {
    return request.method == "OPTIONS" && request.headers.find("Origin") != nullptr &&
           request.headers.find("Access-Control-Request-Method") != nullptr;
}

}  // namespace restful_functions::api
