/// call_arguments: the arguments of a call, wherever its request has them, as one JSON object.
#pragma once

#include <restful_functions/api/body.hpp>
#include <restful_functions/api/body_kind.hpp>
#include <restful_functions/api/call_answers.hpp>
#include <restful_functions/detail/quoted.hpp>
#include <restful_functions/function/arg_definition.hpp>
#include <restful_functions/function/call_body.hpp>
#include <restful_functions/function/definition.hpp>
#include <restful_functions/http/form.hpp>
#include <restful_functions/http/message.hpp>
#include <restful_functions/http/multipart.hpp>
#include <restful_functions/http/problem.hpp>
#include <restful_functions/json/parse.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace restful_functions::api {

namespace detail {

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

/// What a call's arguments are collected from: pairs of names and texts, and files.
struct collected {
    http::form pairs;
    std::vector<http::form_part> files;
};

/// Of a form with files: those for blobs, and those whose argument nobody knows, stay bytes.
inline std::optional<http::response> collect_parts(std::string_view body,
                                                   std::string_view content_type,
                                                   const function_definition& function,
                                                   collected& all) {
    const auto boundary = http::parameter_of(content_type, "boundary");
    auto parts = boundary ? http::parse_multipart(body, *boundary) : std::nullopt;
    if (!parts) {
        return http::problem(400,
                             "the body is not multipart/form-data with the boundary that its "
                             "Content-Type names");
    }
    for (http::form_part& part : *parts) {
        const auto argument =
            std::find_if(function.args.begin(), function.args.end(),
                         [&](const arg_definition& each) { return each.name == part.name; });
        const bool is_blob = argument == function.args.end() ? part.is_file : argument->is_blob;
        if (is_blob) {
            all.files.push_back(std::move(part));
        } else {
            all.pairs.emplace_back(std::move(part.name), part.bytes);
        }
    }
    return std::nullopt;
}

}  // namespace detail

/// Makes the body of a call the one that its function takes (call_body.hpp): of a JSON object, a
/// form, files, bytes, and the pairs of the query. What is given twice is twice in it. The response
/// says what is wrong with a form.
[[nodiscard]] inline std::optional<http::response> collect_arguments(
    http::request& request, std::string_view query, const function_definition& function) {
    const body_kind kind = kind_of_body(request, function);
    if (kind == body_kind::json && request.body.find('\0') != std::string::npos)
        return std::visit(
            bad_body{},
            function_definition::verdict(body_error{"the body is not JSON: there is a NUL in it"}));
    if (query.empty() && kind == body_kind::json) return std::nullopt;

    detail::collected all;
    auto pairs = http::parse_form(query);
    auto further = kind == body_kind::form ? http::parse_form(request.body) : http::form();
    if (!pairs || !further) {
        return http::problem(400,
                             "the arguments are badly percent-encoded; write a percent sign "
                             "as %25");
    }
    all.pairs = *std::move(pairs);
    all.pairs.insert(all.pairs.end(), further->begin(), further->end());
    // Parts are views of what was sent, which stays until the body is made of them.
    std::string sent;
    if (kind != body_kind::json) sent = std::exchange(request.body, {});
    const std::string* type = request.headers.find("Content-Type");
    if (kind == body_kind::multipart) {
        if (auto bad = detail::collect_parts(sent, *type, function, all)) return bad;
    } else if (kind == body_kind::bytes) {
        const auto only = std::find_if(function.args.begin(), function.args.end(),
                                       [](const arg_definition& each) { return each.is_blob; });
        all.files.push_back({only->name, true, *type, sent});
    }
    for (const auto& [name, value] : all.pairs) {
        if (!detail::is_utf8(name) || !detail::is_utf8(value))
            return http::problem(400, "an argument is not UTF-8");
    }
    const std::string members = detail::form_members(all.pairs, function).text();
    if (!members.empty()) detail::add_members(request.body, members);
    for (const http::form_part& file : all.files) {
        attach(
            request.body,
            {file.name, file.content_type.empty() ? "application/octet-stream" : file.content_type,
             file.bytes});
    }
    return std::nullopt;
}

}  // namespace restful_functions::api
