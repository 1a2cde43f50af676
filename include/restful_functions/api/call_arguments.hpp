/// call_arguments: the arguments of a call, wherever its request has them, as one JSON object.
#pragma once

#include <restful_functions/api/body.hpp>
#include <restful_functions/detail/quoted.hpp>
#include <restful_functions/function/arg_definition.hpp>
#include <restful_functions/function/definition.hpp>
#include <restful_functions/http/characters.hpp>
#include <restful_functions/http/form.hpp>
#include <restful_functions/http/message.hpp>
#include <restful_functions/http/problem.hpp>
#include <restful_functions/json/parse.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace restful_functions::api {

namespace detail {

inline constexpr std::string_view json_space = " \t\r\n";

/// Whether a body is to be read as JSON, whatever its type says: most people who send JSON with
/// curl -d say it is a form.
[[nodiscard]] inline bool begins_as_json(std::string_view body) noexcept {
    const std::size_t first = body.find_first_not_of(json_space);
    return first == body.npos || body[first] == '{' || body[first] == '[';
}

[[nodiscard]] inline bool is_form(const http::request& request) {
    const std::string* type = request.headers.find("Content-Type");
    if (type == nullptr || begins_as_json(request.body)) return false;
    std::string_view essence = std::string_view(*type).substr(0, type->find(';'));
    essence = essence.substr(0, essence.find_last_not_of(" \t") + 1);
    return http::equal_ignoring_case(essence, "application/x-www-form-urlencoded");
}

[[nodiscard]] inline bool is_utf8(std::string_view text) noexcept {
    while (!text.empty()) {
        const auto first = static_cast<unsigned char>(text.front());
        const std::size_t length =
            first < 0x80 ? 1 : restful_functions::detail::utf8_sequence(text);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
    return true;
}

/// The members that the pairs of a form are for a function, between no braces. Values are strings,
/// from which codecs read numbers and truth values; a list is filled by each pair of its name, or
/// like an object by a JSON text. A field that was left empty counts as left out where it may be.
class form_members {
 public:
    form_members(const http::form& pairs, const function_definition& function)
        : pairs_(pairs), function_(function) {}

    [[nodiscard]] std::string text() const {
        std::string members;
        std::vector<std::string_view> lists;
        for (const auto& [name, value] : pairs_) {
            const arg_definition* argument = find(name);
            const bool is_list = argument != nullptr && argument->type == arg_type::list;
            if (argument != nullptr && value.empty() && !argument->is_required &&
                argument->type != arg_type::string) {
                continue;
            }
            if (is_list) {
                if (std::find(lists.begin(), lists.end(), argument->name) != lists.end()) continue;
                lists.push_back(argument->name);
            }
            if (!members.empty()) members += ", ";
            members += quoted(argument == nullptr ? name : argument->name) + ": ";
            members += is_list ? list(*argument) : value_of(argument, value);
        }
        return members;
    }

 private:
    [[nodiscard]] static bool names(std::string_view pair, const arg_definition& argument) {
        if (argument.type == arg_type::list && pair.ends_with("[]")) pair.remove_suffix(2);
        return pair == argument.name;
    }

    [[nodiscard]] const arg_definition* find(std::string_view name) const {
        const auto& args = function_.args;
        const auto found = std::find_if(args.begin(), args.end(),
                                        [&](const auto& each) { return names(name, each); });
        return found == args.end() ? nullptr : &*found;
    }

    [[nodiscard]] static std::string value_of(const arg_definition* argument,
                                              const std::string& value) {
        const bool is_json =
            argument != nullptr && argument->type == arg_type::dict && json::is_valid(value);
        return is_json ? value : quoted(value);
    }

    [[nodiscard]] std::string list(const arg_definition& argument) const {
        std::vector<const std::string*> values;
        for (const auto& [name, value] : pairs_) {
            if (names(name, argument)) values.push_back(&value);
        }
        if (values.size() == 1 && values[0]->starts_with('[') && json::is_valid(*values[0]))
            return *values[0];
        json_text elements = json_text::array();
        for (const std::string* value : values) elements.add(quoted(*value));
        return elements.end();
    }

    const http::form& pairs_;
    const function_definition& function_;
};

/// Adds members to the text of a JSON object. What is no object is left for its parser to refuse.
inline void add_members(std::string& object, std::string_view members) {
    const std::size_t last = object.find_last_not_of(json_space);
    if (last == object.npos) {
        object.assign("{").append(members).append("}");
        return;
    }
    if (object[last] != '}' || last == 0) return;
    const std::size_t before = object.find_last_not_of(json_space, last - 1);
    const bool is_empty = before != object.npos && object[before] == '{' &&
                          object.find_first_not_of(json_space) == before;
    object.insert(last, (is_empty ? "" : ", ") + std::string(members));
}

}  // namespace detail

/// Makes the body of a call the JSON object that its function takes: of a JSON object, a form, and
/// the pairs of the query. What is given twice is twice in the object. The response says what is
/// wrong with a form.
[[nodiscard]] inline std::optional<http::response> collect_arguments(
    http::request& request, std::string_view query, const function_definition& function) {
    const bool has_form = detail::is_form(request);
    if (query.empty() && !has_form) return std::nullopt;
    auto pairs = http::parse_form(query);
    auto further = has_form ? http::parse_form(request.body) : http::form();
    if (!pairs || !further) {
        return http::problem(400,
                             "the arguments are badly percent-encoded; write a percent sign "
                             "as %25");
    }
    if (has_form) request.body.clear();
    pairs->insert(pairs->end(), further->begin(), further->end());
    for (const auto& [name, value] : *pairs) {
        if (!detail::is_utf8(name) || !detail::is_utf8(value))
            return http::problem(400, "an argument is not UTF-8");
    }
    const std::string members = detail::form_members(*pairs, function).text();
    if (!members.empty()) detail::add_members(request.body, members);
    return std::nullopt;
}

}  // namespace restful_functions::api
