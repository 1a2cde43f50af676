/// Forms with files: multipart/form-data (RFC 7578, RFC 2046, 5.1).
#pragma once

#include <restful_functions/http/characters.hpp>
#include <restful_functions/http/preferences.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace restful_functions::http {

/// One field of a form.
struct form_part {
    std::string name;
    bool is_file = false;      ///< it has a file name
    std::string content_type;  ///< empty: it says none
    std::string_view bytes;    ///< within the body that was read
};

/// A media type without its parameters: `text/plain` of `text/plain; charset=utf-8`.
[[nodiscard]] inline std::string_view essence_of(std::string_view media_type) noexcept {
    return detail::list_scanner::trimmed(media_type.substr(0, media_type.find(';')));
}

/// The value of a parameter, `boundary` of `multipart/form-data; boundary=x`, without its quotes;
/// nullopt: there is none.
[[nodiscard]] inline std::optional<std::string> parameter_of(std::string_view field,
                                                             std::string_view name) {
    detail::list_scanner parts(field);
    parts.next(';');
    while (const auto part = parts.next(';')) {
        const std::size_t equals = std::min(part->find('='), part->size());
        if (!equal_ignoring_case(detail::list_scanner::trimmed(part->substr(0, equals)), name))
            continue;
        std::string value;
        const std::string_view raw =
            detail::list_scanner::trimmed(part->substr(std::min(equals + 1, part->size())));
        const std::string_view text = detail::unquoted(raw);
        const bool is_quoted = text.size() != raw.size();
        for (std::size_t i = 0; i < text.size(); ++i) {
            // Browsers write a quote in a name as %22, others as \"; a backslash before anything
            // else belongs to a path of Windows.
            if (is_quoted && text[i] == '\\' && i + 1 < text.size() &&
                (text[i + 1] == '"' || text[i + 1] == '\\')) {
                ++i;
            }
            value += text[i];
        }
        return value;
    }
    return std::nullopt;
}

namespace detail {

/// The fields of one part's head; nullopt: it has no name, a line that is no field, or a NUL.
inline std::optional<form_part> parse_part_head(std::string_view head) {
    if (head.find('\0') != head.npos) return std::nullopt;
    form_part part;
    bool has_name = false;
    while (!head.empty()) {
        const std::size_t end = std::min(head.find("\r\n"), head.size());
        const std::string_view line = head.substr(0, end);
        head.remove_prefix(std::min(end + 2, head.size()));
        const std::size_t colon = line.find(':');
        if (colon == line.npos) return std::nullopt;
        const std::string_view value = list_scanner::trimmed(line.substr(colon + 1));
        if (equal_ignoring_case(line.substr(0, colon), "Content-Type")) part.content_type = value;
        if (!equal_ignoring_case(line.substr(0, colon), "Content-Disposition")) continue;
        const auto name = parameter_of(value, "name");
        if (!equal_ignoring_case(essence_of(value), "form-data") || !name) return std::nullopt;
        part.name = *name;
        part.is_file = parameter_of(value, "filename").has_value();
        has_name = true;
    }
    if (!has_name) return std::nullopt;
    return part;
}

}  // namespace detail

/// The parts of a body, in their order. nullopt: it is not of this form, ends before its last
/// boundary, or has more than 1000 parts.
[[nodiscard]] inline std::optional<std::vector<form_part>> parse_multipart(
    std::string_view body, std::string_view boundary) {
    constexpr std::size_t most_parts = 1000;
    if (boundary.empty() || boundary.size() > 70) return std::nullopt;
    const std::string delimiter = "\r\n--" + std::string(boundary);
    // The first boundary needs no line before it.
    std::size_t at = 0;
    if (!body.starts_with(std::string_view(delimiter).substr(2))) {
        at = body.find(delimiter);
        if (at == body.npos) return std::nullopt;
        at += 2;
    }
    at += delimiter.size() - 2;
    std::vector<form_part> parts;
    for (;;) {
        if (body.substr(at).starts_with("--")) return parts;
        while (at < body.size() && (body[at] == ' ' || body[at] == '\t')) ++at;
        if (!body.substr(at).starts_with("\r\n") || parts.size() == most_parts) return std::nullopt;
        at += 2;
        const std::size_t end = body.find(delimiter, at);
        if (end == body.npos) return std::nullopt;
        const std::string_view part = body.substr(at, end - at);
        const std::size_t blank = part.find("\r\n\r\n");
        if (blank == part.npos) return std::nullopt;
        auto read = detail::parse_part_head(part.substr(0, blank));
        if (!read) return std::nullopt;
        read->bytes = part.substr(blank + 4);
        parts.push_back(*std::move(read));
        at = end + delimiter.size();
    }
}

}  // namespace restful_functions::http
