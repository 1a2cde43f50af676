/// Names and values as HTML forms and queries write them: "x=3&label=a+b%21".
#pragma once

#include <restful_functions/http/target.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace restful_functions::http {

/// The pairs of a form, in their order; a name may occur more than once.
using form = std::vector<std::pair<std::string, std::string>>;

namespace detail {

inline std::optional<std::string> form_decode(std::string_view text) {
    std::string spaced(text);
    std::replace(spaced.begin(), spaced.end(), '+', ' ');
    return percent_decode(spaced);
}

}  // namespace detail

/// Reads application/x-www-form-urlencoded (URL Standard, 5.1). A name without an equals sign has
/// an empty value; empty pairs are passed over. Past `most_pairs` one more is read and no further.
/// nullopt: a '%' is not followed by two hexadecimal digits.
inline std::optional<form> parse_form(std::string_view text,
                                      std::size_t most_pairs = std::string_view::npos) {
    form pairs;
    while (!text.empty() && pairs.size() <= most_pairs) {
        const std::string_view pair = text.substr(0, text.find('&'));
        text.remove_prefix(std::min(pair.size() + 1, text.size()));
        if (pair.empty()) continue;
        const std::size_t equals = std::min(pair.find('='), pair.size());
        auto name = detail::form_decode(pair.substr(0, equals));
        auto value = detail::form_decode(pair.substr(std::min(equals + 1, pair.size())));
        if (!name || !value) return std::nullopt;
        pairs.emplace_back(*std::move(name), *std::move(value));
    }
    return pairs;
}

/// The first value of that name; nullptr when there is none.
inline const std::string* find(const form& pairs, std::string_view name) noexcept {
    const auto found = std::find_if(pairs.begin(), pairs.end(),
                                    [name](const auto& pair) { return pair.first == name; });
    return found == pairs.end() ? nullptr : &found->second;
}

}  // namespace restful_functions::http
