/// events: what an executor tells of its calls and of itself.
#pragma once

#include <restful_functions/process/log_ring.hpp>
#include <restful_functions/process/outcome.hpp>
#include <restful_functions/process/protocol.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace restful_functions::process {

/// Names one call, for as long as the executor lives.
enum class call_id : std::uint64_t {};

/// What is known of a call when its process is gone, or free for another one.
struct departure {
    usage used;
    log_excerpt log;
    std::string backtrace{};  ///< of a crash, with lines; empty where none was looked for
};

/// Hears of each started call from within `executor::dispatch()`. Both may start and stop calls.
struct listener {
    /// The call has ended; its result is there. Once.
    std::function<void(call_id, outcome&&)> ended;
    /// All that is known of it is: its process, if it had one, has been waited for, and its group
    /// has been killed, or it waits for another call of the function. Once, after `ended`.
    std::function<void(call_id, departure&&)> gone;
    /// A call that is watched has told of its progress or printed something. It is told again when
    /// it was watched again.
    std::function<void(call_id)> news = [](call_id) {};
};

/// How many of each there are.
struct census {
    std::size_t running = 0;   ///< calls with a process
    std::size_t waiting = 0;   ///< calls that wait for one
    std::size_t parked = 0;    ///< processes that wait for a call
    std::size_t starting = 0;  ///< processes that will do so
    std::size_t leaving = 0;   ///< processes whose call has ended
    std::size_t kept = 0;      ///< processes that wait for another call of their function
};

}  // namespace restful_functions::process
