/// Requests that depend on what the client has already: entity tags and If-None-Match.
#pragma once

#include <restful_functions/http/message.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace restful_functions::http {

/// A strong entity tag (RFC 9110, 8.8.3) made of the bytes: the same for the same ones, with the
/// quotes.
[[nodiscard]] inline std::string entity_tag_of(std::string_view bytes) {
    // FNV-1a with 64 bits: no defence against who wants two texts with one tag, but the server's
    // own texts want nothing.
    std::uint64_t hash = 14695981039346656037ULL;
    for (const char c : bytes) {
        hash ^= static_cast<unsigned char>(c);
        hash *= 1099511628211ULL;
    }
    constexpr std::string_view digits = "0123456789abcdef";
    std::string tag = "\"";
    for (int shift = 60; shift >= 0; shift -= 4) tag += digits[(hash >> shift) & 15];
    return tag + "\"";
}

/// Whether an If-None-Match field names the tag, by weak comparison (RFC 9110, 13.1.2).
[[nodiscard]] inline bool names_tag(std::string_view if_none_match, std::string_view tag) noexcept {
    const auto skip = [&](std::string_view what) {
        const std::size_t end = if_none_match.find_first_not_of(what);
        if_none_match.remove_prefix(end == if_none_match.npos ? if_none_match.size() : end);
    };
    for (skip(" \t,"); !if_none_match.empty(); skip(" \t,")) {
        if (if_none_match.front() == '*') return true;
        if (if_none_match.starts_with("W/")) if_none_match.remove_prefix(2);
        if (!if_none_match.starts_with('"')) return false;
        const std::size_t end = if_none_match.find('"', 1);
        if (end == if_none_match.npos) return false;
        if (if_none_match.substr(0, end + 1) == tag) return true;
        if_none_match.remove_prefix(end + 1);
    }
    return false;
}

/// The response to a GET of something with this tag: without its body where the client has it.
[[nodiscard]] inline response unless_known(const request& asked, std::string tag, response full) {
    const std::string* known = asked.headers.find("If-None-Match");
    if (known != nullptr && names_tag(*known, tag)) {
        full.status = 304;
        full.body.clear();
    }
    full.headers.set("ETag", std::move(tag));
    return full;
}

}  // namespace restful_functions::http
