/// call_arguments: the arguments of a call, wherever its request has them, as one JSON object.
#pragma once

#include <restful_functions/api/body.hpp>
#include <restful_functions/api/body_kind.hpp>
#include <restful_functions/api/call_answers.hpp>
#include <restful_functions/detail/plain_run.hpp>
#include <restful_functions/detail/quoted.hpp>
#include <restful_functions/function/arg_definition.hpp>
#include <restful_functions/function/call_body.hpp>
#include <restful_functions/function/definition.hpp>
#include <restful_functions/http/characters.hpp>
#include <restful_functions/http/content_disposition.hpp>
#include <restful_functions/http/form.hpp>
#include <restful_functions/http/message.hpp>
#include <restful_functions/http/multipart.hpp>
#include <restful_functions/http/parameters.hpp>
#include <restful_functions/http/problem.hpp>
#include <restful_functions/json/arg_type.hpp>
#include <restful_functions/json/parse.hpp>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace restful_functions::api {

namespace detail {

using restful_functions::detail::is_utf8;

/// Whether a field of a form is that argument's; a list's may be called `name[]`.
[[nodiscard]] inline bool names(std::string_view field, const arg_definition& argument) {
    if (argument.type == arg_type::list && field.ends_with("[]")) field.remove_suffix(2);
    return field == argument.name;
}

[[nodiscard]] inline const arg_definition* find_argument(const function_definition& function,
                                                         std::string_view field) {
    const auto& args = function.args;
    const auto found = std::find_if(args.begin(), args.end(),
                                    [&](const auto& each) { return names(field, each); });
    return found == args.end() ? nullptr : &*found;
}

/// The members that the pairs of a form are for a function, between no braces. Values are strings,
/// from which codecs read numbers and truth values; a list is filled by each pair of its name, or
/// like an object by a JSON text. A field that was left empty counts as left out where it may be.
/// Those for arguments that take bytes are none.
class form_members {
 public:
    form_members(const http::form& pairs, const function_definition& function)
        : pairs_(pairs), function_(function) {}

    [[nodiscard]] std::string text() const {
        std::string members;
        std::vector<std::string_view> lists;
        for (const auto& [name, value] : pairs_) {
            const arg_definition* argument = find_argument(function_, name);
            if (argument != nullptr && argument->is_blob) continue;
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
    [[nodiscard]] static std::string value_of(const arg_definition* argument,
                                              const std::string& value) {
        const std::string_view text = without_mark(value);
        const bool is_json =
            argument != nullptr && argument->type == arg_type::dict && json::is_valid(text);
        return is_json ? std::string(text) : quoted(value);
    }

    [[nodiscard]] std::string list(const arg_definition& argument) const {
        std::vector<const std::string*> values;
        for (const auto& [name, value] : pairs_) {
            if (names(name, argument)) values.push_back(&value);
        }
        if (values.size() == 1) {
            const std::string_view text = without_mark(*values[0]);
            if (text.starts_with('[') && json::is_valid(text)) return std::string(text);
        }
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

/// The most pairs and parts of a call, in its query and its body together. Each takes many times
/// its bytes in memory.
inline constexpr std::size_t most_fields = 10'000;

[[nodiscard]] inline http::response too_many_fields() {
    return http::problem(413, "a form has at most " + std::to_string(most_fields) +
                                  " fields; send more values as a JSON array");
}

/// What a call's arguments are collected from: pairs of names and texts, and bytes.
struct collected {
    http::form pairs;
    std::vector<http::form_part> files;
};

/// What a form's text is where bytes are wanted: never JSON.
[[nodiscard]] inline std::string_view media_type_of(const http::form_part& part) noexcept {
    if (!part.content_type.empty()) return part.content_type;
    return part.is_file || !is_utf8(part.bytes) ? "application/octet-stream"
                                                : "text/plain; charset=utf-8";
}

/// Of a form with files: those for arguments that take bytes, and those whose argument nobody
/// knows, stay bytes. Those that nobody chose are left out.
inline std::optional<http::response> collect_parts(std::string_view body,
                                                   std::string_view content_type,
                                                   const function_definition& function,
                                                   collected& all) {
    const auto boundary = http::parameter_of(content_type, "boundary");
    auto parts = boundary ? http::parse_multipart(body, *boundary, most_fields) : std::nullopt;
    if (!parts) {
        return http::problem(400,
                             "the body is not multipart/form-data with the boundary that its "
                             "Content-Type names");
    }
    if (parts->size() > most_fields) return too_many_fields();
    for (http::form_part& part : *parts) {
        if (!part.encoding.empty() && !http::equal_ignoring_case(part.encoding, "binary") &&
            !http::equal_ignoring_case(part.encoding, "8bit") &&
            !http::equal_ignoring_case(part.encoding, "7bit")) {
            return http::problem(400,
                                 "the part " + quoted(part.name) +
                                     " has a Content-Transfer-Encoding; send its bytes as they "
                                     "are (RFC 7578, 4.7)");
        }
        const arg_definition* argument = find_argument(function, part.name);
        if (argument != nullptr && part.is_unchosen()) continue;
        if (argument == nullptr ? part.is_file : argument->is_blob) {
            if (argument != nullptr) part.name = argument->name;
            all.files.push_back(std::move(part));
        } else {
            const auto text = part.is_file ? without_mark(part.bytes) : part.bytes;
            all.pairs.emplace_back(std::move(part.name), text);
        }
    }
    return std::nullopt;
}

/// The whole body as the only argument that takes bytes.
inline http::form_part body_as_part(const http::request& request, std::string_view bytes,
                                    const function_definition& function) {
    const auto only = std::find_if(function.args.begin(), function.args.end(),
                                   [](const arg_definition& each) { return each.is_blob; });
    http::form_part whole{only->name, true, *request.headers.find("Content-Type"), bytes};
    if (const std::string* field = request.headers.find("Content-Disposition")) {
        if (const auto given = http::parameters::of(*field))
            whole.file_name = http::file_name_in(*given).value_or("");
    }
    return whole;
}

/// Makes bytes of the pairs whose argument takes some: views of the pairs.
inline void take_bytes(collected& all, const function_definition& function) {
    for (const auto& [name, value] : all.pairs) {
        const arg_definition* argument = find_argument(function, name);
        if (argument == nullptr || !argument->is_blob) continue;
        if (value.empty() && !argument->is_required) continue;
        all.files.push_back({argument->name, false, {}, value});
    }
}

/// What is said of a body that a JSON parser would not understand from its first byte on.
[[nodiscard]] inline std::optional<std::string> why_no_json(std::string_view body) {
    if (is_utf_16(body))
        return "the body is not JSON: it is UTF-16, and JSON is sent as UTF-8 (RFC 8259, 8.1)";
    if (body.find('\0') != body.npos) return "the body is not JSON: there is a NUL in it";
    return std::nullopt;
}

}  // namespace detail

/// Makes the body of a call the one that its function takes (call_body.hpp): of a JSON object, a
/// form, files, bytes, and the pairs of the query. What is given twice is twice in it. The response
/// says what is wrong with a form.
[[nodiscard]] inline std::optional<http::response> collect_arguments(
    http::request& request, std::string_view query, const function_definition& function) {
    const body_kind kind = kind_of_body(request, function);
    if ((kind == body_kind::json || kind == body_kind::form) &&
        request.body.starts_with(detail::byte_order_mark))
        request.body.erase(0, detail::byte_order_mark.size());
    if (kind == body_kind::json) {
        if (auto why = detail::why_no_json(request.body))
            return std::visit(bad_body{},
                              function_definition::verdict(body_error{*std::move(why)}));
        if (query.empty()) return std::nullopt;
    }

    detail::collected all;
    auto pairs = http::parse_form(query, detail::most_fields);
    auto further = kind == body_kind::form ? http::parse_form(request.body, detail::most_fields)
                                           : http::form();
    if (!pairs || !further) {
        return http::problem(400,
                             "the arguments are badly percent-encoded; write a percent sign "
                             "as %25");
    }
    all.pairs = *std::move(pairs);
    all.pairs.insert(all.pairs.end(), std::move_iterator(further->begin()),
                     std::move_iterator(further->end()));
    // Parts are views of what was sent, which stays until the body is made of them.
    std::string sent;
    if (kind != body_kind::json) sent = std::exchange(request.body, {});
    if (kind == body_kind::multipart) {
        const std::string* type = request.headers.find("Content-Type");
        if (auto bad = detail::collect_parts(sent, *type, function, all)) return bad;
    } else if (kind == body_kind::bytes) {
        all.files.push_back(detail::body_as_part(request, sent, function));
    }
    if (all.pairs.size() + all.files.size() > detail::most_fields) return detail::too_many_fields();
    detail::take_bytes(all, function);
    for (const auto& [name, value] : all.pairs) {
        const arg_definition* argument = detail::find_argument(function, name);
        const bool is_text = argument == nullptr || !argument->is_blob;
        if (!detail::is_utf8(name) || (is_text && !detail::is_utf8(value)))
            return http::problem(400, "the argument " + quoted(name) + " is not UTF-8");
    }
    const std::string members = detail::form_members(all.pairs, function).text();
    if (!members.empty()) detail::add_members(request.body, members);
    for (const http::form_part& file : all.files)
        attach(request.body, {file.name, detail::media_type_of(file), file.bytes, file.file_name});
    return std::nullopt;
}

}  // namespace restful_functions::api
