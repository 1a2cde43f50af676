/// Refusals as `application/problem+json` documents (RFC 9457).
#pragma once

#include <restful_functions/detail/quoted.hpp>
#include <restful_functions/http/message.hpp>
#include <restful_functions/http/status.hpp>

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace restful_functions::http {

/// A refusal with that status whose body says why, e.g.
/// `{"title": "Not Found", "status": 404, "detail": "no function is called f"}`.
/// The reason is for people: what was wrong and what to do. Further members are a name and a text
/// each (RFC 9457, 3.2).
inline response problem(
    int status, std::string_view reason,
    std::initializer_list<std::pair<std::string_view, std::string_view>> further = {}) {
    using restful_functions::detail::quoted;
    response answer;
    answer.status = status;
    answer.headers.add("Content-Type", "application/problem+json");
    answer.body = "{\"title\": " + quoted(reason_phrase(status)) +
                  ", \"status\": " + std::to_string(status) + ", \"detail\": " + quoted(reason);
    for (const auto& [name, text] : further)
        answer.body += ", " + quoted(name) + ": " + quoted(text);
    answer.body += "}";
    return answer;
}

}  // namespace restful_functions::http
