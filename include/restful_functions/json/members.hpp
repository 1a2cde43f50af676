/// The members of a JSON object, matched with the names that are expected in it.
#pragma once

#include <restful_functions/json/excerpt.hpp>
#include <restful_functions/json/parse.hpp>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <iterator>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace restful_functions::json {

/// The members of an object in the order in which `names` lists them.
class members {
 public:
    /// `name_of` gives the name in an element of `names`.
    template <typename Names, typename NameOf = std::identity>
    members(const value& object, const Names& names, NameOf name_of = {})
        : values_(std::size(names)), repeated_(std::size(names)) {
        for (const auto& member : object.GetObject()) {
            const std::string_view name = text_of(member.name);
            const auto found = std::find_if(
                std::begin(names), std::end(names),
                [&](const auto& expected) { return std::invoke(name_of, expected) == name; });
            if (found == std::end(names)) {
                if (!unknown_) unknown_ = name;
                continue;
            }
            const auto index = static_cast<std::size_t>(found - std::begin(names));
            repeated_[index] = values_[index] != nullptr;
            values_[index] = &member.value;
        }
    }

    /// One value for each name; nullptr where the object has no such member.
    std::span<const value* const> values() const noexcept { return values_; }

    /// Whether the object has the member more than once.
    bool is_repeated(std::size_t index) const noexcept { return repeated_[index]; }

    /// The first member that was not expected, a view into the object.
    std::optional<std::string_view> unknown() const noexcept { return unknown_; }

 private:
    std::vector<const value*> values_;
    std::vector<bool> repeated_;
    std::optional<std::string_view> unknown_;
};

}  // namespace restful_functions::json
