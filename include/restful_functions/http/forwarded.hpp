/// forwarded: what proxies say of the request that they pass on (RFC 7239, X-Forwarded-For).
#pragma once

#include <restful_functions/http/characters.hpp>
#include <restful_functions/http/message.hpp>
#include <restful_functions/http/network.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace restful_functions::http {

/// One hop of a request: from whom a proxy had it.
struct hop {
    std::string from{};    ///< an address, perhaps with a port, or a name such as "unknown"
    std::string host{};    ///< the Host field that it came with, if that is said
    std::string scheme{};  ///< "http" or "https", if that is said
};

/// The address of a hop, without a port; nullopt: it is hidden or unknown.
[[nodiscard]] inline std::optional<ip_address> address_of(std::string_view from) {
    if (from.starts_with('[')) return ip_address::parse(from.substr(1, from.find(']') - 1));
    if (const auto whole = ip_address::parse(from)) return whole;
    return ip_address::parse(from.substr(0, from.rfind(':')));
}

namespace detail {

inline std::string_view trimmed(std::string_view text) noexcept {
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
    return text.substr(0, text.find_last_not_of(" \t") + 1);
}

/// Takes what stands before a separator that is in no quoted string; `rest` is then what follows.
inline std::string_view take_until(std::string_view& rest, char separator) noexcept {
    bool is_quoted = false;
    std::size_t end = 0;
    for (; end < rest.size(); ++end) {
        if (is_quoted && rest[end] == '\\') {
            ++end;
        } else if (rest[end] == '"') {
            is_quoted = !is_quoted;
        } else if (rest[end] == separator && !is_quoted) {
            break;
        }
    }
    const std::string_view taken = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return trimmed(taken);
}

/// A token, or the text of a quoted string (RFC 9110, 5.6.4).
inline std::string unquoted(std::string_view value) {
    if (value.size() < 2 || value.front() != '"' || value.back() != '"') return std::string(value);
    std::string text;
    for (std::size_t i = 1; i + 1 < value.size(); ++i) {
        if (value[i] == '\\' && i + 2 < value.size()) ++i;
        text += value[i];
    }
    return text;
}

/// All values of a field's lines, split at commas.
inline std::vector<std::string_view> list_of(const fields& headers, std::string_view name) {
    std::vector<std::string_view> values;
    for (const field& line : headers) {
        if (!equal_ignoring_case(line.name, name)) continue;
        for (std::string_view rest = line.value; !rest.empty();)
            values.push_back(take_until(rest, ','));
    }
    return values;
}

}  // namespace detail

/// The hops in Forwarded (RFC 7239, 4), the nearest last.
[[nodiscard]] inline std::vector<hop> forwarded_hops(const fields& headers) {
    std::vector<hop> hops;
    for (std::string_view element : detail::list_of(headers, "Forwarded")) {
        hop& read = hops.emplace_back();
        while (!element.empty()) {
            std::string_view pair = detail::take_until(element, ';');
            const std::string_view name = detail::take_until(pair, '=');
            std::string value = detail::unquoted(detail::trimmed(pair));
            if (equal_ignoring_case(name, "for")) read.from = std::move(value);
            if (equal_ignoring_case(name, "host")) read.host = std::move(value);
            if (equal_ignoring_case(name, "proto")) read.scheme = std::move(value);
        }
    }
    return hops;
}

/// The hops in X-Forwarded-For, the nearest last. What X-Forwarded-Host and X-Forwarded-Proto say
/// belongs to the first one.
[[nodiscard]] inline std::vector<hop> x_forwarded_hops(const fields& headers) {
    std::vector<hop> hops;
    for (const std::string_view from : detail::list_of(headers, "X-Forwarded-For"))
        hops.push_back({.from = std::string(from)});
    const auto hosts = detail::list_of(headers, "X-Forwarded-Host");
    const auto schemes = detail::list_of(headers, "X-Forwarded-Proto");
    if (hops.empty() && (!hosts.empty() || !schemes.empty())) hops.emplace_back();
    if (!hosts.empty()) hops.front().host = hosts.front();
    if (!schemes.empty()) hops.front().scheme = schemes.front();
    return hops;
}

}  // namespace restful_functions::http
