/// catalogue_routes: what the server offers. The list of its main paths, and the functions as data
/// and as text.
#pragma once

#include <restful_functions/api/body.hpp>
#include <restful_functions/api/console_routes.hpp>
#include <restful_functions/api/dispatcher.hpp>
#include <restful_functions/api/json_time.hpp>
#include <restful_functions/api/names.hpp>
#include <restful_functions/api/router.hpp>
#include <restful_functions/function/definition.hpp>
#include <restful_functions/function/registry.hpp>

#include <string>
#include <string_view>

namespace restful_functions::api {

/// A function as the catalogue shows it to programs.
[[nodiscard]] inline std::string json_definition(const function_definition& function) {
    json_text arguments = json_text::array();
    for (const arg_definition& argument : function.args) {
        json_text shown = json_text::object();
        shown.add("name", quoted(argument.name))
            .add("type", quoted(to_string(argument.type)))
            .add("is_required", json_boolean(argument.is_required))
            .add("description", quoted(argument.description));
        if (argument.is_secret) shown.add("is_secret", json_boolean(true));
        if (argument.is_blob) shown.add("is_blob", json_boolean(true));
        arguments.add(shown.end());
    }
    return json_text::object()
        .add("function_name", quoted(function.name))
        .add("arg_definitions", arguments.end())
        .add("max_concurrency", std::to_string(function.max_concurrency))
        .add("description", quoted(function.description))
        .add("timeout", json_seconds(function.timeout))
        .end();
}

/// A function as the catalogue shows it to people.
[[nodiscard]] inline std::string text_definition(const function_definition& function) {
    std::string text = function.name;
    text += "\nURL:\n    async api: /" + function.name;
    text += "\n    block api: /" + function.name + "/keep-connection";
    text += "\nMax Concurrency: " + std::to_string(function.max_concurrency);
    text += "\nDescription:\n        " + function.description;
    text += function.args.empty() ? "\nNo Args\n" : "\nArgs\n";
    for (const arg_definition& argument : function.args) {
        text += "    " + argument.name + ' ';
        text += to_string(argument.type);
        text += argument.is_required ? " Required\n" : " Optional\n";
        if (!argument.description.empty()) text += "    " + argument.description + '\n';
    }
    return text;
}

namespace detail {

/// Clients read it, so it is the same as ever: paths that came later are in the OpenAPI document.
inline constexpr const char* list_of_paths =
    "/function/list/data\n"
    "/function/list/text\n"
    "/function/definition/{function_name}\n"
    "/function/running-count/{function_name}\n"
    "/task/info/{task_id}\n"
    "/task/done/{task_id}\n"
    "/task/result/{task_id}\n"
    "/task/list/{function_name}\n"
    "/terminate/function/{function_name}\n"
    "/terminate/task/{task_id}\n";

}  // namespace detail

/// Adds GET /, and the paths below /function. The registry and the dispatcher must outlive the
/// router.
inline void add_catalogue_routes(router& routes, const registry& functions,
                                 const dispatcher& calls) {
    routes.get("/", [](const exchange& asked) {
        http::response response = prefers_page(asked.request)
                                      ? page_response(asked.request)
                                      : text_response(detail::list_of_paths);
        response.headers.add("Vary", "Accept");
        return response;
    });
    routes.get("/function/list/data", [&functions](const exchange&) {
        json_text list = json_text::array();
        for (const function_definition& function : functions) list.add(json_definition(function));
        return json_response(200, list.end());
    });
    routes.get("/function/list/text", [&functions](const exchange&) {
        std::string list;
        for (const function_definition& function : functions) {
            if (!list.empty()) list += '\n';
            list += text_definition(function) + '\n';
        }
        return text_response(std::move(list));
    });
    routes.get("/function/definition/{function_name}", [&functions](const exchange& asked) {
        return json_response(200, json_definition(*functions.find(asked.parameter)));
    });
    routes.get(
        "/function/running-count/{function_name}", [&functions, &calls](const exchange& asked) {
            return json_response(
                200, std::to_string(calls.running(function_index(functions, asked.parameter))));
        });
}

}  // namespace restful_functions::api
