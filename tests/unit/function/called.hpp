/// What a request's body makes of a function.
#pragma once

#include <restful_functions/function/definition.hpp>

#include <string>
#include <string_view>
#include <variant>

inline int addition(int x, int y) { return x + y; }

/// The result as JSON, or the refusal in the words of the API.
inline std::string called(const restful_functions::function_definition& function,
                          std::string_view body) {
    using namespace restful_functions;
    const auto verdict = function.check(body);
    if (const auto* error = std::get_if<body_error>(&verdict)) return error->detail;
    if (const auto* bad = std::get_if<argument_errors>(&verdict)) return bad->front().message;
    json::string_output result;
    function.invoke(body, result);
    return std::string(result.text());
}

/// "<pointer>: <detail>" of each argument that cannot be taken, a line each.
inline std::string explained(const restful_functions::function_definition& function,
                             std::string_view body) {
    const auto bad = std::get<restful_functions::argument_errors>(function.check(body));
    std::string lines;
    for (const auto& error : bad) {
        if (!lines.empty()) lines += '\n';
        lines += error.pointer + ": " + error.detail;
    }
    return lines;
}
