/// task_routes: what became of the calls, and how to end them.
#pragma once

#include <restful_functions/api/body.hpp>
#include <restful_functions/api/call_answers.hpp>
#include <restful_functions/api/dispatcher.hpp>
#include <restful_functions/api/json_task.hpp>
#include <restful_functions/api/names.hpp>
#include <restful_functions/api/router.hpp>
#include <restful_functions/api/standing.hpp>
#include <restful_functions/function/registry.hpp>
#include <restful_functions/http/conditional.hpp>
#include <restful_functions/http/range.hpp>
#include <restful_functions/task/record.hpp>
#include <restful_functions/task/table.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace restful_functions::api {

/// Adds the paths below /task and /terminate. All three must outlive the router.
inline void add_task_routes(router& routes, const registry& functions, const task::table& tasks,
                            dispatcher& calls) {
    const auto get_task = [&](std::string_view path, auto show) {
        routes.get(path, [&tasks, show](const exchange& asked) {
            return json_response(200, show(*find_task(tasks, asked.parameter), asked));
        });
    };
    routes.add("GET", "/task/info/{task_id}", [&](exchange&& asked) {
        const task::record& task = *find_task(tasks, asked.parameter);
        const auto show = [&functions, &tasks, &calls, id = task.id, root = asked.root(),
                           reader = asked.reader(), answer = asked.answer] {
            answer_late(answer, [&] {
                const task::record* const found = tasks.find(id);
                if (found == nullptr) return http::problem(404, "the task is forgotten");
                if (reader && shows_result(*found)) calls.deliver(id, *reader);
                return json_response(
                    200, json_task(functions, *found, standing_of(*found, calls), root));
            });
        };
        // The lines of a backtrace are there when its process is gone.
        if (task.how == task::outcome::crashed) return calls.when_gone(task.id, show);
        show();
    });
    get_task("/task/done/{task_id}", [](const task::record& task, const exchange&) {
        return std::string(json_boolean(has_ended(task.status)));
    });
    routes.get("/task/result/{task_id}", [&tasks, &calls](const exchange& asked) {
        const task::record& task = *find_task(tasks, asked.parameter);
        http::response answer;
        if (shows_result(task)) {
            answer = json_response(200, task.result);
        } else {
            answer = result_answer(task);
            const std::string tag = *answer.headers.find("ETag");
            answer = http::in_part(asked.request,
                                   http::unless_known(asked.request, tag, std::move(answer)));
        }
        const bool is_whole = answer.status == 200 || answer.status == 304;
        if (const auto reader = asked.reader(); reader && is_whole) calls.deliver(task.id, *reader);
        return answer;
    });

    // Answered when the tasks' processes are gone: whoever gets the answer finds nothing left.
    routes.add("POST", "/terminate/task/{task_id}", [&tasks, &calls](exchange&& asked) {
        calls.terminate(find_task(tasks, asked.parameter)->id,
                        [answer = std::move(asked.answer)] { answer(json_response(200, "{}")); });
    });
    routes.add("POST", "/terminate/function/{function_name}",
               [&functions, &calls](exchange&& asked) {
                   calls.terminate_function(
                       function_index(functions, asked.parameter),
                       [answer = std::move(asked.answer)] { answer(json_response(200, "{}")); });
               });
}

}  // namespace restful_functions::api
