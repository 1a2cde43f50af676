/// body_kind: what the body of a call is to be read as.
#pragma once

#include <restful_functions/function/definition.hpp>
#include <restful_functions/http/characters.hpp>
#include <restful_functions/http/message.hpp>
#include <restful_functions/http/parameters.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

namespace restful_functions::api {

enum class body_kind : std::uint8_t {
    json,       ///< an object with the arguments
    form,       ///< application/x-www-form-urlencoded
    multipart,  ///< multipart/form-data
    bytes,      ///< the only argument that takes bytes
};

namespace detail {

inline constexpr std::string_view json_space = " \t\r\n";

/// What Windows' tools begin a text in UTF-8 with.
inline constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

[[nodiscard]] inline std::string_view without_mark(std::string_view text) noexcept {
    if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
    return text;
}

/// Whether a text is UTF-16, by its byte order mark or by the NUL beside its first brace.
[[nodiscard]] inline bool is_utf_16(std::string_view text) noexcept {
    using namespace std::string_view_literals;
    return text.starts_with("\xFF\xFE"sv) || text.starts_with("\xFE\xFF"sv) ||
           text.starts_with("{\0"sv) || text.starts_with("\0{"sv);
}

[[nodiscard]] inline bool begins_as_json(std::string_view body) noexcept {
    if (is_utf_16(body)) return true;
    body = without_mark(body);
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
