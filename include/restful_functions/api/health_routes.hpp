/// health_routes: whether the server lives, and whether it is to be given calls.
#pragma once

#include <restful_functions/api/body.hpp>
#include <restful_functions/api/dispatcher.hpp>
#include <restful_functions/api/router.hpp>
#include <restful_functions/http/message.hpp>
#include <restful_functions/process/events.hpp>
#include <restful_functions/process/executor.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace restful_functions::api {

namespace detail {

/// Whether calls are served, and the status that says so.
struct readiness {
    int status = 200;
    std::string_view name = "ready";
};

[[nodiscard]] inline readiness readiness_of(const dispatcher& calls,
                                            const process::executor& executor,
                                            const process::census& now, bool is_withdrawn,
                                            bool& has_started) {
    has_started = has_started || now.parked + now.running + now.kept > 0;
    if (is_withdrawn || calls.drains()) return {503, "draining"};
    if (executor.fork_server_pid() == 0) return {503, "no fork server"};
    if (!has_started) return {503, "starting"};
    if (calls.is_full() && now.running + now.waiting >= executor.max_processes())
        return {429, "saturated"};
    return {};
}

}  // namespace detail

/// Whether a path is /health/live or /health/ready.
[[nodiscard]] inline bool is_for_health(const std::vector<std::string>& path) noexcept {
    return path.size() == 2 && path[0] == "health" && (path[1] == "live" || path[1] == "ready");
}

/// Adds GET /health/live, which is answered as long as anything is, and GET /health/ready: 503
/// before the first process waits for a call, without a fork server and when the server is about to
/// end; 429 while as many calls run and wait as may. All of them must outlive the router.
inline void add_health_routes(router& routes, const dispatcher& calls,
                              const process::executor& executor, const bool& is_withdrawn) {
    routes.get("/health/live", [](const exchange&) {
        return json_response(200, json_text::object().add("status", quoted("live")).end());
    });
    routes.get("/health/ready", [&calls, &executor, &is_withdrawn,
                                 has_started = false](const exchange&) mutable {
        const process::census now = executor.count();
        const auto is = detail::readiness_of(calls, executor, now, is_withdrawn, has_started);
        http::response response = json_response(
            is.status, json_text::object()
                           .add("status", quoted(is.name))
                           .add("running", std::to_string(now.running))
                           .add("waiting", std::to_string(now.waiting + calls.without_process()))
                           .add("parked", std::to_string(now.parked))
                           .add("max_processes", std::to_string(executor.max_processes()))
                           .end());
        response.headers.add("Cache-Control", "no-store");
        if (is.status != 200) response.headers.add("Retry-After", "1");
        return response;
    });
}

}  // namespace restful_functions::api
