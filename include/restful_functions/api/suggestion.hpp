/// suggestion: the name that somebody who mistyped one may have meant.
#pragma once

#include <restful_functions/function/registry.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace restful_functions::api {

namespace detail {

/// Longer names get no suggestion: the work for a request that is refused stays small.
inline constexpr std::size_t longest_compared = 64;

/// The insertions, deletions and replacements between two texts of at most `longest_compared` bytes
/// (Levenshtein).
inline std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::array<std::size_t, longest_compared + 1> row{};
    for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0]++;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
        }
    }
    return row[b.size()];
}

}  // namespace detail

/// The function whose name is nearest to `name`; empty when none is near, more than a third of its
/// letters away.
[[nodiscard]] inline std::string_view nearest_function(const registry& functions,
                                                       std::string_view name) {
    std::string_view nearest;
    if (name.size() > detail::longest_compared) return nearest;
    std::size_t least = name.size() / 3 + 1;
    for (const function_definition& function : functions) {
        if (function.name.size() > detail::longest_compared) continue;
        const std::size_t distance = detail::edit_distance(name, function.name);
        if (distance < least) {
            least = distance;
            nearest = function.name;
        }
    }
    return nearest;
}

}  // namespace restful_functions::api
