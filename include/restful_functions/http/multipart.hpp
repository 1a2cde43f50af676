/// Forms with files: multipart/form-data (RFC 7578, RFC 2046, 5.1).
#pragma once

#include <restful_functions/http/characters.hpp>
#include <restful_functions/http/content_disposition.hpp>
#include <restful_functions/http/parameters.hpp>
#include <restful_functions/http/preferences.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace restful_functions::http {

/// One field of a form.
struct form_part {
    std::string name;
    bool is_file = false;      ///< it has a file name, even an empty one
    std::string content_type;  ///< empty: it says none
    std::string_view bytes;    ///< within the body that was read
    std::string file_name{};
    std::string encoding{};  ///< Content-Transfer-Encoding

    /// Whether it is what browsers send for a file that nobody chose.
    [[nodiscard]] bool is_unchosen() const noexcept {
        return is_file && file_name.empty() && bytes.empty();
    }
};

namespace detail {

/// The fields of one part's head; nullopt: it has no name, a line that is no field, a NUL, or twice
/// what decides how it is read.
inline std::optional<form_part> parse_part_head(std::string_view head) {
    if (head.find('\0') != head.npos) return std::nullopt;
    form_part part;
    std::optional<std::string_view> disposition;
    std::optional<std::string_view> type;
    std::optional<std::string_view> encoding;
    const auto is_first = [](auto& field, std::string_view value) {
        return !std::exchange(field, value).has_value();
    };
    while (!head.empty()) {
        const std::size_t end = std::min(head.find("\r\n"), head.size());
        const std::string_view line = head.substr(0, end);
        head.remove_prefix(std::min(end + 2, head.size()));
        const std::size_t colon = line.find(':');
        if (colon == line.npos) return std::nullopt;
        const std::string_view name = line.substr(0, colon);
        const std::string_view value = list_scanner::trimmed(line.substr(colon + 1));
        if ((equal_ignoring_case(name, "Content-Disposition") && !is_first(disposition, value)) ||
            (equal_ignoring_case(name, "Content-Type") && !is_first(type, value)) ||
            (equal_ignoring_case(name, "Content-Transfer-Encoding") && !is_first(encoding, value)))
            return std::nullopt;
    }
    const auto given = parameters::of(disposition.value_or(""));
    auto name = given ? given->find("name") : std::nullopt;
    if (!name || !equal_ignoring_case(essence_of(*disposition), "form-data")) return std::nullopt;
    part.name = *std::move(name);
    part.content_type = type.value_or("");
    part.encoding = encoding.value_or("");
    if (const auto file_name = file_name_in(*given)) {
        part.is_file = true;
        part.file_name = given->find("filename*") ? *file_name : without_form_escapes(*file_name);
    }
    return part;
}

}  // namespace detail

/// The parts of a body, in their order, up to one more than `most_parts`. nullopt: it is not of
/// this form, or ends before its last boundary.
[[nodiscard]] inline std::optional<std::vector<form_part>> parse_multipart(
    std::string_view body, std::string_view boundary, std::size_t most_parts) {
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
        if (parts.size() > most_parts) return parts;
        if (!body.substr(at).starts_with("\r\n")) return std::nullopt;
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
