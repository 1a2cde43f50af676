/// wait_routes: a task, when it has ended.
#pragma once

#include <restful_functions/api/body.hpp>
#include <restful_functions/api/deadlines.hpp>
#include <restful_functions/api/dispatcher.hpp>
#include <restful_functions/api/json_task.hpp>
#include <restful_functions/api/names.hpp>
#include <restful_functions/api/router.hpp>
#include <restful_functions/api/standing.hpp>
#include <restful_functions/api/time_limit.hpp>
#include <restful_functions/api/waiting.hpp>
#include <restful_functions/api/waiting_room.hpp>
#include <restful_functions/function/registry.hpp>
#include <restful_functions/http/form.hpp>
#include <restful_functions/http/problem.hpp>
#include <restful_functions/task/record.hpp>
#include <restful_functions/task/table.hpp>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

namespace restful_functions::api {

namespace detail {

/// Behind most proxies a longer silence is taken for the end.
inline constexpr std::chrono::milliseconds usual_wait = std::chrono::seconds(30);
inline constexpr std::chrono::milliseconds longest_wait = std::chrono::minutes(5);

/// The seconds of a query's `timeout`; nullopt: it is no number, or the query is malformed.
[[nodiscard]] inline std::optional<std::chrono::milliseconds> wait_of(std::string_view query) {
    const auto pairs = http::parse_form(query);
    if (!pairs) return std::nullopt;
    const std::string* text = http::find(*pairs, "timeout");
    if (text == nullptr) return usual_wait;
    if (*text == "0") return std::chrono::milliseconds(0);
    const auto wait = parse_time_limit(*text);
    return wait ? std::optional(std::min(*wait, longest_wait)) : std::nullopt;
}

}  // namespace detail

/// Adds GET /task/wait/{task_id}: the task as /task/info shows it, once it has ended, or as it is
/// after `timeout` seconds. All of them must outlive the router.
inline void add_wait_routes(router& routes, const registry& functions, const task::table& tasks,
                            dispatcher& calls, deadlines& timers, waiting_room& room) {
    routes.add("GET", "/task/wait/{task_id}", [&](exchange&& asked) {
        const auto wait = detail::wait_of(asked.query);
        if (!wait) {
            return asked.answer(
                http::problem(400, "timeout is not a number of seconds, as in ?timeout=30"));
        }
        const auto show = [&functions, &calls, root = asked.root(),
                           reader = asked.reader()](const task::record& task) {
            if (reader && shows_result(task)) calls.deliver(task.id, *reader);
            return json_response(200, json_task(functions, task, standing_of(task, calls), root));
        };
        const task::record& task = *find_task(tasks, asked.parameter);
        if (has_ended(task.status) || wait->count() == 0) return asked.answer(show(task));
        auto place = room.enter(asked.request.owner);
        if (!place) {
            http::response refused = http::problem(503, "too many clients wait already");
            refused.headers.add("Retry-After", "1");
            return asked.answer(std::move(refused));
        }
        wait_for_end(
            calls, timers, task.id, *wait, asked.request.client.get(), std::move(place),
            [show, answer = asked.answer](const task::record& ended) {
                answer_late(answer, [&] { return show(ended); });
            },
            [&tasks, show, id = task.id, answer = asked.answer] {
                answer_late(answer, [&] { return show(*tasks.find(id)); });
            },
            asked.answer);
    });
}

}  // namespace restful_functions::api
