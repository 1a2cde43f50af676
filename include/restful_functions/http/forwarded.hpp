/// forwarded: the fields in which proxies name the origin of a request (RFC 7239,
/// X-Forwarded-For).
#pragma once

#include <restful_functions/http/characters.hpp>
#include <restful_functions/http/message.hpp>
#include <restful_functions/http/network.hpp>
#include <restful_functions/http/preferences.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace restful_functions::http {

/// One hop of a request: the sender from which a proxy received it.
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

/// The text of a token or of a quoted string (RFC 9110, 5.6.4).
inline std::string text_of(std::string_view value) {
    const std::string_view raw = unquoted(value);
    std::string text;
    for (std::size_t i = 0; i < raw.size(); ++i) {
        if (raw.size() != value.size() && raw[i] == '\\' && i + 1 < raw.size()) ++i;
        text += raw[i];
    }
    return text;
}

/// All values of a field's lines, split at commas.
inline std::vector<std::string_view> list_of(const fields& headers, std::string_view name) {
    std::vector<std::string_view> values;
    for (const field& line : headers) {
        if (!equal_ignoring_case(line.name, name)) continue;
        list_scanner elements(line.value);
        while (const auto element = elements.next(',')) values.push_back(*element);
    }
    return values;
}

}  // namespace detail

/// The hops in Forwarded (RFC 7239, 4), the nearest last.
[[nodiscard]] inline std::vector<hop> forwarded_hops(const fields& headers) {
    std::vector<hop> hops;
    for (const std::string_view element : detail::list_of(headers, "Forwarded")) {
        hop& read = hops.emplace_back();
        detail::list_scanner pairs(element);
        while (const auto pair = pairs.next(';')) {
            const std::size_t equals = std::min(pair->find('='), pair->size());
            const std::string_view name = pair->substr(0, equals);
            std::string value = detail::text_of(pair->substr(std::min(equals + 1, pair->size())));
            if (equal_ignoring_case(name, "for"))
                read.from = std::move(value);
            else if (equal_ignoring_case(name, "host"))
                read.host = std::move(value);
            else if (equal_ignoring_case(name, "proto"))
                read.scheme = std::move(value);
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
    if (!hosts.empty()) hops.front().host = std::string(hosts.front());
    if (!schemes.empty()) hops.front().scheme = std::string(schemes.front());
    return hops;
}

}  // namespace restful_functions::http
