/// Which coding of a body a client takes: the Accept-Encoding field (RFC 9110, 12.5.3).
#pragma once

#include <restful_functions/http/characters.hpp>
#include <restful_functions/http/preferences.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>

namespace restful_functions::http {

/// The codings that this library may have been built with.
enum class content_coding : std::uint8_t { identity, gzip, zstd };

[[nodiscard]] constexpr std::string_view to_string(content_coding coding) noexcept {
    switch (coding) {
        case content_coding::identity:
            return "identity";
        case content_coding::gzip:
            return "gzip";
        case content_coding::zstd:
            return "zstd";
    }
    return "";
}

namespace detail {

/// A weight in thousandths: `q=0.5` is 500; nullopt: it is malformed.
[[nodiscard]] inline std::optional<int> parse_weight(std::string_view text) noexcept {
    if (text.size() < 3 || text.size() > 7 || (text[0] != 'q' && text[0] != 'Q') || text[1] != '=')
        return std::nullopt;
    text.remove_prefix(2);
    if ((text[0] != '0' && text[0] != '1') || (text.size() > 1 && text[1] != '.'))
        return std::nullopt;
    int weight = text[0] - '0';
    for (std::size_t i = 2; i < 5; ++i) {
        if (i < text.size() && !is_digit(text[i])) return std::nullopt;
        weight = 10 * weight + (i < text.size() ? text[i] - '0' : 0);
    }
    return weight > 1000 ? std::nullopt : std::optional(weight);
}

/// The weight of a coding in the field; that of "*" where it is not named, and nothing where
/// neither is.
[[nodiscard]] inline int weight_of(std::string_view coding, std::string_view field) noexcept {
    int of_others = 0;
    list_scanner elements(field);
    while (const auto element = elements.next(',')) {
        list_scanner parts(*element);
        const std::string_view name = parts.next(';').value_or("");
        const auto parameter = parts.next(';');
        const int weight = parameter ? parse_weight(*parameter).value_or(0) : 1000;
        const bool is_it = equal_ignoring_case(name, coding) ||
                           (coding == "gzip" && equal_ignoring_case(name, "x-gzip"));
        if (is_it) return weight;
        if (name == "*") of_others = weight;
    }
    return of_others;
}

}  // namespace detail

/// The coding among `known`, the best one first, that the client likes best.
[[nodiscard]] inline content_coding preferred_coding(
    std::string_view field, std::initializer_list<content_coding> known) noexcept {
    content_coding best = content_coding::identity;
    int weight = 0;
    for (const content_coding each : known) {
        const int its = detail::weight_of(to_string(each), field);
        if (its > weight) {
            best = each;
            weight = its;
        }
    }
    return best;
}

}  // namespace restful_functions::http
