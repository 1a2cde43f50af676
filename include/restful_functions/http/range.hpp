/// A part of a representation: the Range field (RFC 9110, 14).
#pragma once

#include <restful_functions/http/characters.hpp>
#include <restful_functions/http/message.hpp>
#include <restful_functions/http/problem.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace restful_functions::http {

/// Bytes `first` to `last`, both included, counted from 0.
struct byte_range {
    std::size_t first = 0;
    std::size_t last = 0;

    [[nodiscard]] std::size_t size() const noexcept { return last - first + 1; }
};

/// What a Range field asks for of so many bytes.
struct wanted_range {
    enum class kind {
        everything,  ///< no range that is known, or several: the server may ignore them
        part,
        unsatisfiable,  ///< no byte is in it
    };
    kind what = kind::everything;
    byte_range part{};
};

namespace detail {

/// Digits only. A number beyond any size is the largest one.
[[nodiscard]] inline std::optional<std::size_t> parse_position(std::string_view text) noexcept {
    if (text.empty() || !std::all_of(text.begin(), text.end(), is_digit)) return std::nullopt;
    std::size_t number = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    return read.ec == std::errc() ? number : SIZE_MAX;
}

}  // namespace detail

/// Reads the value of a Range field.
[[nodiscard]] inline wanted_range parse_range(std::string_view field, std::size_t size) noexcept {
    constexpr std::string_view unit = "bytes=";
    if (field.size() < unit.size() || !equal_ignoring_case(field.substr(0, unit.size()), unit))
        return {};
    field.remove_prefix(unit.size());
    const std::size_t dash = field.find('-');
    if (dash == field.npos || field.find(',') != field.npos) return {};
    const std::string_view begin = field.substr(0, dash);
    const std::string_view end = field.substr(dash + 1);
    const auto first = detail::parse_position(begin);
    const auto last = detail::parse_position(end);
    if (begin.empty() && last) {  // the last so many bytes
        if (*last == 0 || size == 0) return {wanted_range::kind::unsatisfiable};
        return {wanted_range::kind::part, {size - std::min(*last, size), size - 1}};
    }
    if (!first || (!last && !end.empty()) || (last && *last < *first)) return {};
    if (*first >= size) return {wanted_range::kind::unsatisfiable};
    return {wanted_range::kind::part, {*first, std::min(last.value_or(SIZE_MAX), size - 1)}};
}

/// The response to a request for a whole body: the part of it that the request wants, where it is a
/// GET and wants one; other methods have no ranges (RFC 9110, 14.2). `full` has its ETag already,
/// which If-Range is compared with (RFC 9110, 13.1.5).
[[nodiscard]] inline response in_part(const request& asked, response full) {
    full.headers.set("Accept-Ranges", "bytes");
    const std::string* range = asked.headers.find("Range");
    if (range == nullptr || asked.method != "GET" || full.status != 200) return full;
    const std::string* tag = full.headers.find("ETag");
    const std::string* only_if = asked.headers.find("If-Range");
    if (only_if != nullptr && (tag == nullptr || *only_if != *tag)) return full;
    const std::size_t size = full.body.size();
    const auto wanted = parse_range(*range, size);
    switch (wanted.what) {
        case wanted_range::kind::everything:
            return full;
        case wanted_range::kind::unsatisfiable: {
            response refused = problem(416, "there are " + std::to_string(size) + " bytes");
            refused.headers.add("Content-Range", "bytes */" + std::to_string(size));
            return refused;
        }
        case wanted_range::kind::part:
            break;
    }
    const auto [first, last] = wanted.part;
    full.status = 206;
    full.headers.set("Content-Range", "bytes " + std::to_string(first) + "-" +
                                          std::to_string(last) + "/" + std::to_string(size));
    full.body = full.body.substr(first, wanted.part.size());
    return full;
}

}  // namespace restful_functions::http
