/// live_task: what the dispatcher knows of a task beside its record.
#pragma once

#include <restful_functions/process/events.hpp>
#include <restful_functions/task/call.hpp>
#include <restful_functions/task/ending.hpp>
#include <restful_functions/task/listeners.hpp>
#include <restful_functions/task/queues.hpp>
#include <restful_functions/task/time.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace restful_functions::task::detail {

/// That a task is to end.
struct stop_wish {
    stop_reason reason;
    moment requested;

    /// The ending of the task, which has ended now.
    [[nodiscard]] ending granted(const moment& now) const {
        return stopped(reason, {requested.wall, between(requested.steady, now.steady)});
    }
};

/// A task that waits or runs.
struct live_task {
    std::uint32_t function = 0;
    std::chrono::milliseconds timeout{};   ///< of its run
    time_point until = time_point::max();  ///< for which its caller waits, run or not
    time_point arrived{};
    std::optional<stop_wish> wish;
    listeners on_end;
    std::vector<std::function<void()>> on_gone;
    // While it waits:
    std::string body;
    std::string trace;
    std::optional<queues::place> place;
    // While it runs:
    std::optional<process::call_id> call;
    // Its entry among the deadlines, if it has one:
    time_point deadline{};
};

/// A task that has ended while its process has not.
struct leaving_task {
    process::call_id call{};
    std::vector<std::function<void()>> on_gone;
};

}  // namespace restful_functions::task::detail
