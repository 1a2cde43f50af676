/// waiting: for the end of a task, but not for ever.
#pragma once

#include <restful_functions/api/deadlines.hpp>
#include <restful_functions/api/dispatcher.hpp>
#include <restful_functions/task/call.hpp>
#include <restful_functions/task/record.hpp>
#include <restful_functions/task/uuid.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <utility>

namespace restful_functions::api {

/// So many clients may wait at a time. One that goes away is known to have gone only when its time
/// is up: without a bound, clients that come and go would be memory.
inline constexpr std::size_t most_waiting = 10'000;

/// Calls `on_end` when the task ends, or `on_timeout` when `patience` is over: one of the two,
/// once. The task must not have ended.
inline void wait_for_end(dispatcher& calls, deadlines& timers, const task::uuid& id,
                         std::chrono::milliseconds patience, task::listener on_end,
                         std::function<void()> on_timeout) {
    const auto timer = std::make_shared<deadlines::id>();
    const auto listening =
        calls.listen(id, [&timers, timer, on_end = std::move(on_end)](const task::record& ended) {
            timers.cancel(*timer);
            on_end(ended);
        });
    *timer =
        timers.set(task::after(deadlines::clock::now(), patience),
                   [&calls, id, which = listening.value(), on_timeout = std::move(on_timeout)] {
                       calls.forget(id, which);
                       on_timeout();
                   });
}

}  // namespace restful_functions::api
