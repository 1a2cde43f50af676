/// body: the responses with the JSON texts that the server makes itself.
#pragma once

#include <restful_functions/detail/json_text.hpp>
#include <restful_functions/detail/quoted.hpp>
#include <restful_functions/http/message.hpp>
#include <restful_functions/http/pieced_text.hpp>

#include <string>
#include <utility>

namespace restful_functions::api {

using restful_functions::detail::json_boolean;
using restful_functions::detail::json_text;
using restful_functions::detail::quoted;

/// JSON that shares long values with others.
using pieced_json = restful_functions::detail::json_text_in<http::pieced_text>;

/// A response with this JSON text as its body.
[[nodiscard]] inline http::response json_response(int status, http::pieced_text body) {
    http::response response;
    response.status = status;
    response.headers.add("Content-Type", "application/json");
    response.body = std::move(body);
    return response;
}

/// A response for people.
[[nodiscard]] inline http::response text_response(std::string body) {
    http::response response;
    response.headers.add("Content-Type", "text/plain; charset=utf-8");
    response.body = std::move(body);
    return response;
}

}  // namespace restful_functions::api
