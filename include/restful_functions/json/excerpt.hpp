/// A value from a client, quoted in a message: whole when it is short.
#pragma once

#include <restful_functions/json/output.hpp>
#include <restful_functions/json/parse.hpp>
#include <restful_functions/json/refusal.hpp>
#include <restful_functions/json/writer.hpp>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace restful_functions::json {

/// The bytes of a client's value that a message quotes.
inline constexpr std::size_t max_excerpt = 100;

/// The beginning of `text`, which is UTF-8: at most `max_excerpt` bytes, cut between two
/// characters and marked with "...".
inline std::string excerpt(std::string_view text) {
    if (text.size() <= max_excerpt) return std::string(text);
    const auto is_inside_character = [&](std::size_t at) { return (text[at] & 0xC0) == 0x80; };
    std::size_t end = max_excerpt;
    while (end > 0 && is_inside_character(end)) --end;
    return std::string(text.substr(0, end)) + "...";
}

/// The beginning of `quoted` as compact JSON.
inline std::string excerpt(const value& quoted) {
    std::array<char, max_excerpt + 1> text;
    bounded_output out(text.data(), text.size());
    writer compact(out);
    quoted.Accept(compact);
    return excerpt(out.text());
}

/// The refusal of `found` because it is not `expected`: `"abc" is not an integer`.
inline refusal is_not(std::string_view expected, const value& found) {
    return {(excerpt(found) + " is not ").append(expected), {}};
}

/// The refusal of an object that has the member `name` more than once.
inline refusal is_repeated(std::string_view name) {
    return refusal{excerpt(name) + " is given more than once", {}}.in(name);
}

/// The characters of a JSON string.
inline std::string_view text_of(const value& string) noexcept {
    return {string.GetString(), string.GetStringLength()};
}

}  // namespace restful_functions::json
