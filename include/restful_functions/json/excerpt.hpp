/// A value from a client, quoted in a message: whole when it is short.
#pragma once

#include <restful_functions/json/parse.hpp>
#include <restful_functions/json/refusal.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace restful_functions::json {

/// The bytes of a client's value that a message quotes.
inline constexpr std::size_t max_excerpt = 100;

/// The beginning of `text`, which is UTF-8: at most `max_excerpt` bytes, cut between two
/// characters and marked with "...".
std::string excerpt(std::string_view text);

/// The beginning of `quoted` as compact JSON.
std::string excerpt(const value& quoted);

/// The refusal of `found` because it is not `expected`: `"abc" is not an integer`.
refusal is_not(std::string_view expected, const value& found);

/// The refusal of an object that has the member `name` more than once.
refusal is_repeated(std::string_view name);

/// The characters of a JSON string.
inline std::string_view text_of(const value& string) noexcept {
    return {string.GetString(), string.GetStringLength()};
}

}  // namespace restful_functions::json

#ifndef RESTFUL_FUNCTIONS_SEPARATE_COMPILATION
#include <restful_functions/json/excerpt_definitions.hpp>
#endif
