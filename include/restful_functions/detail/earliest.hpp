/// earliest: which of several points in time comes first.
#pragma once

#include <initializer_list>
#include <optional>

namespace restful_functions::detail {

/// Those that are nullopt never come; nullopt: none of them does.
template <typename Time>
[[nodiscard]] std::optional<Time> earliest(
    std::initializer_list<std::optional<Time>> all) noexcept {
    std::optional<Time> first;
    for (const auto& each : all) {
        if (each && (!first || *each < *first)) first = each;
    }
    return first;
}

}  // namespace restful_functions::detail
