/// openapi_document: the server as OpenAPI 3.1 describes it, made of the registered functions.
#pragma once

#include <restful_functions/api/access.hpp>
#include <restful_functions/api/body.hpp>
#include <restful_functions/api/openapi_parts.hpp>
#include <restful_functions/api/openapi_paths.hpp>
#include <restful_functions/function/arg_definition.hpp>
#include <restful_functions/function/definition.hpp>
#include <restful_functions/function/registry.hpp>
#include <restful_functions/json/arg_type.hpp>
#include <restful_functions/json/schema.hpp>
#include <restful_functions/version.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace restful_functions::api {

/// The ways in which callers say who they are.
struct openapi_security {
    bool by_token = false;
    bool by_password = false;

    openapi_security() = default;
    explicit openapi_security(const access_options& access)
        : by_token(!access.tokens.empty() || access.authorizer),
          by_password(!access.users.empty()) {}
};

namespace detail {

/// One document under construction.
class openapi_builder {
 public:
    openapi_builder(const registry& functions, openapi_security security)
        : functions_(functions), security_(security) {
        // First: a type of the user's that has the name of one of them gets another one.
        for (const auto& own : own_schemas)
            schemas_.named(&own, own.first, [&own] { return std::string(own.second); });
    }

    [[nodiscard]] std::string document() {
        json_text paths = json_text::object();
        for (const function_definition& function : functions_) add_calls(paths, function);
        for (const own_path& own : own_paths) {
            paths.add(own.path, json_text::object().add(own.method, operation_of(own)).end());
        }
        return json_text::object()
            .add("openapi", quoted("3.1.0"))
            .add("info", info())
            .add("servers", R"([{"url": "."}])")
            .add("security", security())
            .add("tags", R"([{"name": "calls"}, {"name": "functions"}, {"name": "tasks"}, )"
                         R"({"name": "server"}])")
            .add("paths", paths.end())
            .add("components", components())
            .end();
    }

 private:
    /// OpenAPI 3.1 says what is no text with contentMediaType; most generators, and the file picker
    /// of Swagger UI, still look for the format of OpenAPI 3.0.
    static constexpr std::string_view bytes = R"({"type": "string", "format": "binary", )"
                                              R"("contentMediaType": "application/octet-stream"})";
    static constexpr std::string_view problem = R"({"$ref": "#/components/responses/Problem"})";

    [[nodiscard]] bool is_restricted() const noexcept {
        return security_.by_token || security_.by_password;
    }

    [[nodiscard]] static std::string info() {
        return json_text::object()
            .add("title", quoted("restful-functions"))
            .add("version", quoted(version))
            .add("description",
                 quoted("Functions in C++ over HTTP, each call in a process of its own."))
            .add("license", R"({"name": "MIT", "identifier": "MIT"})")
            .end();
    }

    [[nodiscard]] std::string security() const {
        json_text ways = json_text::array();
        if (security_.by_token) ways.add(R"({"token": []})");
        if (security_.by_password) ways.add(R"({"password": []})");
        return ways.end();
    }

    [[nodiscard]] std::string components() const {
        json_text all = json_text::object();
        for (const auto& [name, schema] : schemas_.components()) all.add(name, schema);
        json_text text = json_text::object();
        text.add("schemas", all.end())
            .add("parameters", own_parameters)
            .add("responses", own_responses);
        json_text ways = json_text::object();
        if (security_.by_token) ways.add("token", R"({"type": "http", "scheme": "bearer"})");
        if (security_.by_password) ways.add("password", R"({"type": "http", "scheme": "basic"})");
        if (is_restricted()) text.add("securitySchemes", ways.end());
        return text.end();
    }

    [[nodiscard]] static std::string references(std::string_view names) {
        json_text list = json_text::array();
        while (!names.empty()) {
            const std::string_view name = names.substr(0, names.find(' '));
            list.add(R"({"$ref": "#/components/parameters/)" + std::string(name) + R"("})");
            names.remove_prefix(std::min(name.size() + 1, names.size()));
        }
        return list.end();
    }

    /// A page of another site gets 403 for what changes something, also where callers are not told
    /// apart.
    [[nodiscard]] std::string with_refusals_of_access(std::string responses, bool changes) const {
        responses.append(R"(, "421": )").append(problem);
        if (is_restricted()) responses.append(R"(, "401": )").append(problem);
        if (is_restricted() || changes) responses.append(R"(, "403": )").append(problem);
        return "{" + responses + "}";
    }

    [[nodiscard]] std::string operation_of(const own_path& own) const {
        json_text text = json_text::object();
        text.add("operationId", quoted(own.operation_id))
            .add("tags", "[" + quoted(own.tag) + "]")
            .add("summary", quoted(own.summary));
        if (!own.parameters.empty()) text.add("parameters", references(own.parameters));
        const bool is_public = own.path.starts_with("/health/");
        if (is_public) text.add("security", "[]");
        return text
            .add("responses", is_public ? "{" + std::string(own.responses) + "}"
                                        : with_refusals_of_access(std::string(own.responses),
                                                                  own.method == "post"))
            .end();
    }

    void add_calls(json_text& paths, const function_definition& function) {
        const std::string body = request_body(function);
        const std::string headers = function.callable->returns_blob()
                                        ? R"("headers": {"Content-Disposition": )"
                                          R"({"schema": {"type": "string"}, "description": )"
                                          R"("The name of the file, if it has one."}}, )"
                                        : "";
        const std::string result = function.callable->returns_blob()
                                       ? R"("*/*": {"schema": )" + std::string(bytes) + "}"
                                       : R"("application/json": {"schema": )" +
                                             function.callable->result_schema(schemas_) + "}";
        paths.add("/" + function.name,
                  operation(function, "start_", "Start " + function.name + " as a task", body,
                            R"("200": {"description": "It runs.", "headers": {"Location": )"
                            R"({"schema": {"type": "string"}}}, "content": {"application/json": )"
                            R"({"schema": {"$ref": "#/components/schemas/CallStarted"}}}})"));
        paths.add("/" + function.name + "/keep-connection",
                  operation(function, "call_", "Call " + function.name + " and wait", body,
                            R"("200": {"description": "The result.", )" + headers +
                                R"("content": {)" + result +
                                R"(}}, "500": {"description": "The call failed; why.", )"
                                R"("content": {"application/json": {"schema": )"
                                R"({"type": "string"}}}}, "504": {"description": )"
                                R"("It took longer than its timeout.", "content": )"
                                R"({"application/json": {"schema": {"type": "string"}}}})"));
    }

    /// A path with its only method.
    [[nodiscard]] std::string operation(const function_definition& function,
                                        std::string_view prefix, std::string_view summary,
                                        std::string_view body, std::string responses) const {
        responses.append(R"(, "202": {"$ref": "#/components/responses/Accepted"})"
                         R"(, "400": {"$ref": "#/components/responses/BadCall"})"
                         R"(, "429": {"$ref": "#/components/responses/Busy"})"
                         R"(, "503": {"$ref": "#/components/responses/Unavailable"})");
        for (const std::string_view status : {"410", "413", "415", "422"})
            responses.append(", ").append(quoted(status)).append(": ").append(problem);
        json_text text = json_text::object();
        text.add("operationId", quoted(std::string(prefix) + function.name))
            .add("tags", R"(["calls"])")
            .add("summary", quoted(summary));
        if (!function.description.empty()) text.add("description", quoted(function.description));
        text.add("parameters", references("Timeout Prefer IdempotencyKey"))
            .add("requestBody", body)
            .add("responses", with_refusals_of_access(std::move(responses), true));
        return json_text::object().add("post", text.end()).end();
    }

    [[nodiscard]] static std::string described(std::string schema, const arg_definition& argument) {
        using json::detail::with_member;
        if (!argument.description.empty())
            schema = with_member(std::move(schema), "description", quoted(argument.description));
        if (argument.is_secret) schema = with_member(std::move(schema), "writeOnly", "true");
        return schema;
    }

    /// Of bytes, or of a list of them, as forms have them.
    [[nodiscard]] static std::string bytes_schema(const arg_definition& argument) {
        if (argument.type != arg_type::list) return std::string(bytes);
        return R"({"type": "array", "items": )" + std::string(bytes) + "}";
    }

    [[nodiscard]] std::string request_body(const function_definition& function) {
        json::detail::object_schema object;
        json::detail::object_schema form;
        bool is_required = false;
        for (std::size_t i = 0; i < function.args.size(); ++i) {
            const arg_definition& argument = function.args[i];
            object.add(argument.name,
                       described(function.callable->argument_schema(i, schemas_), argument),
                       argument.is_required);
            form.add(argument.name,
                     described(argument.is_blob ? bytes_schema(argument)
                                                : function.callable->argument_schema(i, schemas_),
                               argument),
                     argument.is_required);
            is_required = is_required || argument.is_required;
        }
        json_text as_json = json_text::object();
        as_json.add("schema", object.end());
        const std::string sample = function.sample_call();
        if (std::holds_alternative<std::monostate>(function.check(sample)))
            as_json.add("example", sample);
        const bool has_blobs = std::any_of(function.args.begin(), function.args.end(),
                                           [](const auto& each) { return each.is_blob; });
        json_text content = json_text::object();
        const std::string as_form = R"({"schema": )" + form.end() + "}";
        if (has_blobs) {
            // Generators make one function of all ways to send a body, and most take JSON where it
            // is named: it would be given a file, and write "{}" for it.
            return json_text::object()
                .add("required", json_boolean(is_required))
                .add("content", content.add("multipart/form-data", as_form).end())
                .add("x-json", as_json.end())
                .end();
        }
        content.add("application/json", as_json.end());
        content.add("application/x-www-form-urlencoded", as_form);
        return json_text::object()
            .add("required", json_boolean(is_required))
            .add("content", content.end())
            .end();
    }

    const registry& functions_;
    openapi_security security_;
    json::schemas schemas_;
};

}  // namespace detail

/// The OpenAPI 3.1 document of a server.
[[nodiscard]] inline std::string openapi_document(const registry& functions,
                                                  openapi_security security) {
    return detail::openapi_builder(functions, security).document();
}

}  // namespace restful_functions::api
