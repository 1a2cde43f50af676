/// What members.hpp declares.
#pragma once

#include <restful_functions/detail/nearest_name.hpp>
#include <restful_functions/detail/separate_compilation.hpp>
#include <restful_functions/json/excerpt.hpp>
#include <restful_functions/json/members.hpp>
#include <restful_functions/json/parse.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace restful_functions::json {

RESTFUL_FUNCTIONS_INLINE members::members(const value& object,
                                          std::span<const std::string_view> names)
    : values_(names.size()), repeated_(names.size()) {
    for (const auto& member : object.GetObject()) {
        const std::string_view name = text_of(member.name);
        const auto found = std::find(names.begin(), names.end(), name);
        if (found == names.end()) {
            unknown_.push_back(name);
            continue;
        }
        const auto index = static_cast<std::size_t>(found - names.begin());
        repeated_[index] = values_[index] != nullptr;
        values_[index] = &member.value;
    }
}

RESTFUL_FUNCTIONS_INLINE std::string unknown_member(std::string_view member,
                                                    std::span<const std::string_view> names) {
    restful_functions::detail::nearest_name nearest(member);
    for (const std::string_view name : names) nearest.consider(name);
    return excerpt(member) + " is unknown" + nearest.question();
}

}  // namespace restful_functions::json
