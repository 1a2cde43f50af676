/// call: what the dispatcher is asked to run, and what it says to that.
#pragma once

#include <restful_functions/task/record.hpp>
#include <restful_functions/task/uuid.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <variant>

namespace restful_functions::task {

/// Hears that a task has ended. The record is valid during the call only. It may start and
/// terminate tasks.
using listener = std::function<void(const record&)>;

/// One call of a function.
struct call {
    std::uint32_t function = 0;  ///< Its index in the registry.
    std::string_view owner{};    ///< The caller; empty where callers are not told apart.
    std::string_view body{};     ///< Arguments that the function's check() accepted.
    /// How long the caller waits for it from its arrival; the function's own timeout of the run
    /// holds, too.
    std::chrono::milliseconds timeout = std::chrono::milliseconds::max();
    std::string_view trace{};   ///< What TRACEPARENT is in the function's environment, if anything.
    listener on_end = nullptr;  ///< Not called when the call is refused.
};

/// As many calls of the function run as its max_concurrency allows, and wait as its max_queued
/// does.
struct over_max_concurrency {
    std::size_t limit;
};

/// The executor runs as many processes as it may, and as many calls wait for one as may.
struct no_process_left {};

/// The server finishes what it has and takes nothing new.
struct draining {};

/// The new task's id, or why the call was refused.
using start_result = std::variant<uuid, over_max_concurrency, no_process_left, draining>;

}  // namespace restful_functions::task
