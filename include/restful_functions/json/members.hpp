/// The members of a JSON object, matched with the names that are expected in it.
#pragma once

#include <restful_functions/json/parse.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace restful_functions::json {

/// The members of an object in the order in which `names` lists them.
class members {
 public:
    members(const value& object, std::span<const std::string_view> names);

    /// One value for each name; nullptr where the object has no such member.
    std::span<const value* const> values() const noexcept { return values_; }

    /// Whether the object has the member more than once.
    bool is_repeated(std::size_t index) const noexcept { return repeated_[index]; }

    /// The members that were not expected, in their order: views into the object.
    std::span<const std::string_view> unknown() const noexcept { return unknown_; }

 private:
    std::vector<const value*> values_;
    std::vector<bool> repeated_;
    std::vector<std::string_view> unknown_;
};

/// What is said of a member that is not among `names`.
std::string unknown_member(std::string_view member, std::span<const std::string_view> names);

}  // namespace restful_functions::json

#ifndef RESTFUL_FUNCTIONS_SEPARATE_COMPILATION
#include <restful_functions/json/members_definitions.hpp>
#endif
