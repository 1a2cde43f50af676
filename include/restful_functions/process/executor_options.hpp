/// executor_options: how many processes there may be, and how much goes in and out of each.
#pragma once

#include <restful_functions/detail/usable_processors.hpp>

#include <algorithm>
#include <cstddef>
#include <stdexcept>

namespace restful_functions::process {

namespace detail {

/// As the process found its processors when it was asked first.
inline std::size_t default_warm_processes() {
    static const std::size_t processes = 2 * restful_functions::detail::usable_processors();
    return processes;
}

}  // namespace detail

struct executor_options {
    /// Processes that may exist at once, the parked ones included.
    std::size_t max_processes = 256;
    /// Processes kept parked, so that a call costs a wake-up and not a fork.
    std::size_t warm_processes = detail::default_warm_processes();
    /// Bytes of the largest input or result. Address space, not memory: each process reserves this
    /// much.
    std::size_t max_payload = std::size_t{64} * 1024 * 1024;
    /// Bytes kept of what a call prints, the last ones. 0: calls print where the server does, and
    /// have no log.
    std::size_t log_bytes = std::size_t{64} * 1024;
    /// Whether what the calls print also goes to the server's standard error; only what that takes
    /// at once, and only while calls have a log.
    bool pass_log_through = false;
    /// Whether a process that crashes may leave a core dump, as far as the server itself may: a
    /// copy of its memory, with all that the call was given.
    bool core_dumps = false;
};

/// The options as they can be had. Throws std::invalid_argument for those that make no sense.
inline executor_options validated(executor_options options) {
    constexpr std::size_t most_processes = 1'000'000;
    constexpr std::size_t most_bytes = std::size_t{1} << 40;
    if (options.max_processes == 0 || options.max_payload == 0) {
        throw std::invalid_argument("max_processes and max_payload must be at least 1");
    }
    if (options.max_processes > most_processes || options.max_payload > most_bytes ||
        options.log_bytes > most_bytes) {
        throw std::invalid_argument(
            "max_processes must be at most 1,000,000, max_payload and log_bytes at most 1 TiB");
    }
    options.warm_processes = std::min(options.warm_processes, options.max_processes);
    return options;
}

}  // namespace restful_functions::process
