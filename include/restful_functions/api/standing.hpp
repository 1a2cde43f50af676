/// standing: what the dispatcher knows of a task beside its record.
#pragma once

#include <restful_functions/api/dispatcher.hpp>
#include <restful_functions/api/json_task.hpp>
#include <restful_functions/task/record.hpp>
#include <restful_functions/task/time.hpp>

namespace restful_functions::api {

/// What the dispatcher knows of a task at this moment.
[[nodiscard]] inline standing standing_of(const task::record& task, const dispatcher& calls) {
    return {.now = task::clock::now().wall,
            .position = calls.position(task.id),
            .progress = calls.progress(task.id),
            .log_bytes = task::log_bytes(calls.log(task.id))};
}

}  // namespace restful_functions::api
