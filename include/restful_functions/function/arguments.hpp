/// The members of a request's body, matched with the arguments of a function.
#pragma once

#include <restful_functions/function/arg_definition.hpp>
#include <restful_functions/json/parse.hpp>
#include <restful_functions/json/refusal.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace restful_functions::detail {

/// The object that a request's body holds; an empty body counts as `{}`.
inline json::decoded<json::document> parse_body(std::string_view body) {
    auto document = json::parse(body.empty() ? "{}" : body);
    if (document && !document->IsObject()) return json::refusal{"not a JSON object", {}};
    return document;
}

/// The members of a body in the order of a function's arguments.
class arguments {
 public:
    arguments(const std::vector<arg_definition>& args, const json::value& body)
        : values_(args.size()), repeated_(args.size()) {
        for (const auto& member : body.GetObject()) {
            const std::string_view name(member.name.GetString(), member.name.GetStringLength());
            const auto arg = std::find_if(args.begin(), args.end(), [&](const auto& candidate) {
                return candidate.name == name;
            });
            if (arg == args.end()) {
                if (!unknown_) unknown_ = name;
                continue;
            }
            const auto index = static_cast<std::size_t>(arg - args.begin());
            repeated_[index] = values_[index] != nullptr;
            values_[index] = &member.value;
        }
    }

    /// One value for each argument; nullptr is one that was left out.
    std::span<const json::value* const> values() const noexcept { return values_; }

    /// Whether the body has the argument more than once.
    bool is_repeated(std::size_t index) const noexcept { return repeated_[index]; }

    /// The name of the first member that is no argument; a view into the body.
    std::optional<std::string_view> unknown() const noexcept { return unknown_; }

 private:
    std::vector<const json::value*> values_;
    std::vector<bool> repeated_;
    std::optional<std::string_view> unknown_;
};

}  // namespace restful_functions::detail
