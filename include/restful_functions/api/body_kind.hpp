/// body_kind: what the body of a call is to be read as.
#pragma once

#include <restful_functions/function/definition.hpp>
#include <restful_functions/http/characters.hpp>
#include <restful_functions/http/message.hpp>
#include <restful_functions/http/multipart.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

namespace restful_functions::api {

enum class body_kind : std::uint8_t {
    json,       ///< an object with the arguments
    form,       ///< application/x-www-form-urlencoded
    multipart,  ///< multipart/form-data
    bytes,      ///< the only blob among the arguments
};

namespace detail {

inline constexpr std::string_view json_space = " \t\r\n";

[[nodiscard]] inline bool begins_as_json(std::string_view body) noexcept {
    const std::size_t first = body.find_first_not_of(json_space);
    return first == body.npos || body[first] == '{' || body[first] == '[';
}

[[nodiscard]] inline bool has_one_blob(const function_definition& function) noexcept {
    return std::count_if(function.args.begin(), function.args.end(),
                         [](const arg_definition& each) { return each.is_blob; }) == 1;
}

}  // namespace detail

/// What a body is read as. Most people who send JSON with curl -d say it is a form: what begins as
/// JSON is read as that, unless its type is one that only a blob can have.
[[nodiscard]] inline body_kind kind_of_body(const http::request& request,
                                            const function_definition& function) {
    const std::string* type = request.headers.find("Content-Type");
    if (type == nullptr) return body_kind::json;
    const std::string_view essence = http::essence_of(*type);
    const auto is = [essence](std::string_view other) {
        return http::equal_ignoring_case(essence, other);
    };
    if (is("multipart/form-data")) return body_kind::multipart;
    const bool is_form = is("application/x-www-form-urlencoded");
    const bool is_json = is("application/json") || essence.ends_with("+json");
    if (!is_form && !is_json && essence.find('/') != essence.npos &&
        detail::has_one_blob(function)) {
        return body_kind::bytes;
    }
    return is_form && !detail::begins_as_json(request.body) ? body_kind::form : body_kind::json;
}

}  // namespace restful_functions::api
