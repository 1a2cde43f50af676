/// call_answers: what a client is told of its call, from a refusal to the result.
#pragma once

#include <restful_functions/api/body.hpp>
#include <restful_functions/function/definition.hpp>
#include <restful_functions/http/characters.hpp>
#include <restful_functions/http/content_disposition.hpp>
#include <restful_functions/http/message.hpp>
#include <restful_functions/http/problem.hpp>
#include <restful_functions/http/status.hpp>
#include <restful_functions/task/call.hpp>
#include <restful_functions/task/record.hpp>
#include <restful_functions/task/uuid.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace restful_functions::api {

/// The body that both a started and a refused call get.
inline std::string json_call(bool success, std::string_view message, std::string_view task_id) {
    return json_text::object()
        .add("success", json_boolean(success))
        .add("message", quoted(message))
        .add("task_id", quoted(task_id))
        .end();
}

/// The answer to a body that is no call of the function.
struct bad_body {
    std::optional<http::response> operator()(std::monostate) const { return std::nullopt; }

    std::optional<http::response> operator()(const argument_errors& bad) const {
        json_text errors = json_text::array();
        for (const argument_error& why : bad) {
            errors.add(json_text::object()
                           .add("pointer", quoted(why.pointer))
                           .add("detail", quoted(why.detail))
                           .end());
        }
        const argument_error& first = bad.front();
        std::string detail = first.pointer.substr(1) + ": " + first.detail;
        if (bad.size() > 1) detail += " (and " + std::to_string(bad.size() - 1) + " more)";
        http::response refused =
            json_response(400, json_text::object()
                                   .add("error", quoted(first.message))
                                   .add("title", quoted(http::reason_phrase(400)))
                                   .add("status", "400")
                                   .add("detail", quoted(detail))
                                   .add("errors", errors.end())
                                   .end());
        refused.headers.set("Content-Type", "application/problem+json");
        return refused;
    }

    std::optional<http::response> operator()(const body_error& why) const {
        return http::problem(400, why.detail, {{"error", why.detail}});
    }
};

/// The answer to a call that was, or was not, started.
struct start_answer {
    std::string root;  ///< exchange::root()

    http::response operator()(const task::uuid& id) const {
        http::response response = json_response(200, json_call(true, "", id.to_string()));
        response.headers.add("Location", root + "task/info/" + id.to_string());
        return response;
    }

    http::response operator()(task::over_max_concurrency refused) const {
        return soon(json_response(
            429, json_call(false, "Over Max Concurrency " + std::to_string(refused.limit), "")));
    }

    http::response operator()(task::no_process_left) const {
        return soon(http::problem(
            503, "no process is free for the call, and too many calls wait for one; try again"));
    }

    http::response operator()(task::draining) const {
        http::response response = soon(http::problem(503, "the server is shutting down"));
        response.close = true;
        return response;
    }

 private:
    static http::response soon(http::response response) {
        response.headers.add("Retry-After", "1");
        return response;
    }
};

/// The status of a call's own answer. Its body is the bare result, whatever the status.
inline int http_status(task::state ended) noexcept {
    switch (ended) {
        case task::state::queued:
        case task::state::running:
        case task::state::done:
            return 200;
        case task::state::failed:
            return 500;
        case task::state::timeout:
            return 504;
    }
    return 500;
}

/// The Content-Security-Policy of bytes of a media type. A browser's player asks for the bytes
/// again and with CORS, so its page has the server's origin, and nothing in it that could use it.
inline std::string_view policy_of(std::string_view media_type) noexcept {
    const auto is_of = [media_type](std::string_view family) {
        return http::equal_ignoring_case(media_type.substr(0, family.size()), family);
    };
    if (is_of("audio/") || is_of("video/")) {
        return "sandbox allow-same-origin; default-src 'none'; media-src 'self'; "
               "style-src 'unsafe-inline'";
    }
    if (is_of("image/")) {
        return "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
               "font-src data:";
    }
    return "sandbox; default-src 'none'";
}

/// The bare result of a task that has ended. Whatever a blob is, and whoever sent it first, a
/// browser that opens it runs nothing of it in the server's name.
inline http::response result_answer(const task::record& ended) {
    if (const std::string_view type = task::media_type(ended); !type.empty()) {
        http::response response;
        response.headers.add("Content-Type", std::string(type));
        response.headers.add("Content-Security-Policy", std::string(policy_of(type)));
        if (const std::string_view name = task::file_name(ended); !name.empty())
            response.headers.add("Content-Disposition", http::content_disposition(name));
        response.headers.add("ETag", '"' + ended.id.to_string() + '"');
        response.body = ended.result;
        return response;
    }
    return json_response(http_status(ended.status), ended.result);
}

}  // namespace restful_functions::api
