/// record: what is known of one task, from the start of its call until its result expires.
#pragma once

#include <restful_functions/task/uuid.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace restful_functions::task {

/// Deadlines and ages are measured on the monotonic clock: setting the wall clock ends no task.
using time_point = std::chrono::steady_clock::time_point;

/// Where a task stands.
enum class state : std::uint8_t {
    running,
    done,     ///< The function returned.
    failed,   ///< It threw, its process ended otherwise, or somebody terminated it.
    timeout,  ///< It ran longer than its function's timeout.
};

/// The state as clients read it: "RUNNING", "DONE", "FAILED", "TIMEOUT".
[[nodiscard]] constexpr std::string_view to_string(state value) noexcept {
    switch (value) {
        case state::running:
            return "RUNNING";
        case state::done:
            return "DONE";
        case state::failed:
            return "FAILED";
        case state::timeout:
            return "TIMEOUT";
    }
    return "";
}

/// One task.
struct record {
    uuid id;
    std::uint32_t function = 0;  ///< Its index in the registry.
    state status = state::running;
    std::string result = "null";  ///< A JSON text, whole and valid; `null` while the task runs.
    time_point finished{};        ///< When the result was there; meaningless while the task runs.
};

/// `delay` after `start`, or the end of time where the sum would not fit.
[[nodiscard]] constexpr time_point after(time_point start,
                                         std::chrono::milliseconds delay) noexcept {
    const auto longest = std::chrono::floor<std::chrono::milliseconds>(time_point::max() - start);
    return delay < longest ? start + delay : time_point::max();
}

}  // namespace restful_functions::task
