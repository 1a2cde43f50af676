/// What excerpt.hpp declares: it needs the writer of JSON, and every codec needs it.
#pragma once

#include <restful_functions/detail/separate_compilation.hpp>
#include <restful_functions/json/excerpt.hpp>
#include <restful_functions/json/output.hpp>
#include <restful_functions/json/parse.hpp>
#include <restful_functions/json/refusal.hpp>
#include <restful_functions/json/writer.hpp>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace restful_functions::json {

RESTFUL_FUNCTIONS_INLINE std::string excerpt(std::string_view text) {
    if (text.size() <= max_excerpt) return std::string(text);
    const auto is_inside_character = [&](std::size_t at) { return (text[at] & 0xC0) == 0x80; };
    std::size_t end = max_excerpt;
    while (end > 0 && is_inside_character(end)) --end;
    return std::string(text.substr(0, end)) + "...";
}

RESTFUL_FUNCTIONS_INLINE std::string excerpt(const value& quoted) {
    std::array<char, max_excerpt + 1> text;
    bounded_output out(text.data(), text.size());
    writer compact(out);
    quoted.Accept(compact);
    return excerpt(out.text());
}

RESTFUL_FUNCTIONS_INLINE refusal is_not(std::string_view expected, const value& found) {
    return {(excerpt(found) + " is not ").append(expected), {}};
}

RESTFUL_FUNCTIONS_INLINE refusal is_repeated(std::string_view name) {
    return refusal{excerpt(name) + " is given more than once", {}}.in(name);
}

}  // namespace restful_functions::json
