/// Why an argument of a call cannot be taken, in the words of the API.
#pragma once

#include <restful_functions/detail/nearest_name.hpp>
#include <restful_functions/function/arg_definition.hpp>
#include <restful_functions/json/excerpt.hpp>
#include <restful_functions/json/parse.hpp>
#include <restful_functions/json/refusal.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace restful_functions {

/// Why an argument of a call cannot be taken.
struct argument_error {
    /// "Parameter Missing: x", "Parameter is Invalid: x abc INTEGER" or "Parameter Unknown: z"
    std::string message;
    std::string pointer;  ///< RFC 6901 pointer of the culprit in the body: "/c/radius"
    std::string detail;   ///< for people: "1.5 is not an integer"
};

namespace detail {

inline argument_error missing_argument(const arg_definition& arg) {
    auto why = json::refusal{"it is required", {}}.in(arg.name);
    return {"Parameter Missing: " + arg.name, std::move(why.pointer), std::move(why.detail)};
}

inline argument_error invalid_argument(const arg_definition& arg, const json::value& given,
                                       json::refusal why) {
    why = std::move(why).in(arg.name);
    if (arg.is_secret) {
        std::string message = "Parameter is Invalid: " + arg.name + " *** ";
        return {message.append(to_string(arg.type)), "/" + arg.name,
                "its value does not fit, and is not shown because it is secret"};
    }
    const std::string value = arg.is_blob        ? "(bytes)"
                              : given.IsString() ? json::excerpt(json::text_of(given))
                                                 : json::excerpt(given);
    std::string message = "Parameter is Invalid: " + arg.name + " " + value + " ";
    return {message.append(to_string(arg.type)), std::move(why.pointer), std::move(why.detail)};
}

inline argument_error unknown_argument(std::string_view name,
                                       const std::vector<arg_definition>& args) {
    nearest_name nearest(name);
    for (const arg_definition& arg : args) nearest.consider(arg.name);
    auto why = json::refusal{"the function has no such argument" + nearest.question(), {}}.in(name);
    return {"Parameter Unknown: " + json::excerpt(name), std::move(why.pointer),
            std::move(why.detail)};
}

}  // namespace detail
}  // namespace restful_functions
