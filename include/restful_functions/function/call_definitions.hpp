/// What definition.hpp declares: whether a body is a call of a function, and how it is called.
#pragma once

#include <restful_functions/detail/separate_compilation.hpp>
#include <restful_functions/function/arg_definition.hpp>
#include <restful_functions/function/argument_error.hpp>
#include <restful_functions/function/call_body.hpp>
#include <restful_functions/function/callable.hpp>
#include <restful_functions/function/definition.hpp>
#include <restful_functions/json/members.hpp>
#include <restful_functions/json/output.hpp>
#include <restful_functions/json/parse.hpp>
#include <restful_functions/json/refusal.hpp>
#include <restful_functions/json/writer.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <exception>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace restful_functions {

namespace detail {

/// The object that a call's body holds; an empty one counts as `{}`. What is attached are members,
/// `{"content_type": ..., "bytes": ...}`, or where the argument is a list the elements of one,
/// whose texts are those of the body and need no copy.
inline json::decoded<json::document> parse_body(std::string_view body,
                                                const std::vector<arg_definition>& args) {
    const auto parts = take_apart(body);
    if (!parts) return json::refusal{"not JSON: invalid value at its first NUL", {}};
    auto document = json::parse(parts->json.empty() ? "{}" : parts->json);
    if (!document) return document;
    if (!document->IsObject()) return json::refusal{"not a JSON object", {}};
    const auto view = [](std::string_view text) {
        return json::value(
            json::value::StringRefType(text.data(), static_cast<rapidjson::SizeType>(text.size())));
    };
    auto& memory = document->GetAllocator();
    const auto is_list = [&args](std::string_view name) {
        return std::any_of(args.begin(), args.end(), [name](const arg_definition& each) {
            return each.is_blob && each.type == arg_type::list && each.name == name;
        });
    };
    std::vector<std::pair<std::string_view, json::value>> lists;
    for (const attachment& each : parts->attachments) {
        json::value bytes(rapidjson::kObjectType);
        bytes.AddMember("content_type", view(each.content_type), memory);
        bytes.AddMember("bytes", view(each.bytes), memory);
        if (!each.filename.empty()) bytes.AddMember("filename", view(each.filename), memory);
        if (!is_list(each.name)) {
            document->AddMember(view(each.name), bytes, memory);
            continue;
        }
        auto list = std::find_if(lists.begin(), lists.end(),
                                 [&](const auto& known) { return known.first == each.name; });
        if (list == lists.end())
            list = lists.emplace(list, each.name, json::value(rapidjson::kArrayType));
        list->second.PushBack(bytes, memory);
    }
    for (auto& [name, list] : lists) document->AddMember(view(name), list, memory);
    return document;
}

inline std::vector<std::string_view> names_of(const std::vector<arg_definition>& args) {
    std::vector<std::string_view> names;
    for (const arg_definition& arg : args) names.emplace_back(arg.name);
    return names;
}

/// Why `value` cannot be an argument. A codec of the user's may throw; that is a refusal, unless
/// it is for want of memory.
inline std::optional<json::refusal> why_not(const callable& function, std::size_t argument,
                                            const json::value& value) {
    try {
        return function.check(argument, value);
    } catch (const std::bad_alloc&) {
        throw;
    } catch (const std::exception& thrown) {
        return json::refusal{thrown.what(), {}};
    } catch (...) {
        return json::refusal{"its codec threw something that is no std::exception", {}};
    }
}

/// A body of a million unknown members gets no answer of that length.
inline constexpr std::size_t most_errors = 100;

/// A value that a codec of the type is likely to take.
constexpr std::string_view sample_of(arg_type type) {
    switch (type) {
        case arg_type::integer:
            return "0";
        case arg_type::floating:
            return "0.5";
        case arg_type::string:
            return R"("0")";
        case arg_type::boolean:
            return "true";
        case arg_type::list:
            return "[]";
        case arg_type::dict:
            return "{}";
    }
    return "null";
}

}  // namespace detail

RESTFUL_FUNCTIONS_INLINE function_definition::verdict function_definition::check(
    std::string_view body) const {
    const auto document = detail::parse_body(body, args);
    if (!document) return body_error{"the body is " + document.why().detail};
    const json::members given(*document, detail::names_of(args));
    argument_errors bad;
    for (std::size_t i = 0; i < args.size(); ++i) {
        const json::value* value = given.values()[i];
        if (value == nullptr) {
            if (args[i].is_required) bad.push_back(detail::missing_argument(args[i]));
            continue;
        }
        auto why = detail::why_not(*callable, i, *value);
        if (given.is_repeated(i)) why = json::refusal{"it is given more than once", {}};
        if (why) bad.push_back(detail::invalid_argument(args[i], *value, std::move(*why)));
    }
    for (const std::string_view unknown : given.unknown()) {
        if (bad.size() >= detail::most_errors) break;
        bad.push_back(detail::unknown_argument(unknown, args));
    }
    if (bad.empty()) return {};
    return bad;
}

RESTFUL_FUNCTIONS_INLINE void function_definition::invoke(std::string_view body,
                                                          json::output& out) const {
    const auto document = detail::parse_body(body, args);
    if (!document) throw std::invalid_argument("the body is " + document.why().detail);
    json::writer result(out);
    callable->invoke(json::members(*document, detail::names_of(args)).values(), result);
}

RESTFUL_FUNCTIONS_INLINE std::string function_definition::sample_call() const {
    std::string body = "{";
    for (const arg_definition& arg : args) {
        if (body.size() > 1) body += ',';
        // Names need no escapes: they are identifiers.
        body.append(1, '"').append(arg.name).append("\":").append(detail::sample_of(arg.type));
    }
    return body += '}';
}

RESTFUL_FUNCTIONS_INLINE void function_definition::warm_up(std::string_view sample) const noexcept {
    try {
        const auto document = detail::parse_body(sample, args);
        if (!document) return;
        const json::members given(*document, detail::names_of(args));
        for (std::size_t i = 0; i < args.size(); ++i) {
            if (given.values()[i] != nullptr) detail::why_not(*callable, i, *given.values()[i]);
        }
        std::array<char, 64> scratch;
        json::bounded_output out(scratch.data(), scratch.size());
        json::writer result(out);
        callable->write_sample(result);
    } catch (...) {
        // Out of memory: the call itself will say so.
    }
}

}  // namespace restful_functions
