/// protocol: what the server and the fork server say to each other, in packets of up to
/// `packet_size` messages.
#pragma once

#include <restful_functions/process/start_method.hpp>

#include <sys/resource.h>
#include <sys/types.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace restful_functions::process {

/// Names one process: its slot, and how many the slot had before it. Words about an earlier process
/// of the slot are told apart by the generation, where a pid could be somebody else's by now.
struct process_id {
    std::uint32_t slot = 0;
    std::uint32_t generation = 0;

    friend bool operator==(const process_id&, const process_id&) = default;
};

/// What a process used, and those of its children that it waited for (getrusage(2)).
struct usage {
    std::chrono::microseconds user{};
    std::chrono::microseconds system{};
    std::uint64_t peak_resident_bytes = 0;
    std::uint64_t minor_faults = 0;
    std::uint64_t major_faults = 0;

    /// Whether it can be what a process has used that had used `before` earlier.
    [[nodiscard]] bool can_follow(const usage& before) const noexcept {
        constexpr std::chrono::microseconds longest = std::chrono::years(100);
        return before.user <= user && user < longest && before.system <= system &&
               system < longest && before.minor_faults <= minor_faults &&
               before.major_faults <= major_faults;
    }

    /// What was used since `before`, but for the peak, which is that of the whole time. Nothing if
    /// one of the two cannot be true.
    [[nodiscard]] usage since(const usage& before) const noexcept {
        if (!can_follow(before)) return {.peak_resident_bytes = peak_resident_bytes};
        return {.user = user - before.user,
                .system = system - before.system,
                .peak_resident_bytes = peak_resident_bytes,
                .minor_faults = minor_faults - before.minor_faults,
                .major_faults = major_faults - before.major_faults};
    }
};

inline usage operator+(const usage& one, const usage& other) noexcept {
    return {.user = one.user + other.user,
            .system = one.system + other.system,
            .peak_resident_bytes = std::max(one.peak_resident_bytes, other.peak_resident_bytes),
            .minor_faults = one.minor_faults + other.minor_faults,
            .major_faults = one.major_faults + other.major_faults};
}

inline usage usage_of(const rusage& used) noexcept {
    const auto duration = [](const timeval& time) {
        return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
    };
    return {.user = duration(used.ru_utime),
            .system = duration(used.ru_stime),
            .peak_resident_bytes = static_cast<std::uint64_t>(used.ru_maxrss) * 1024,
            .minor_faults = static_cast<std::uint64_t>(used.ru_minflt),
            .major_faults = static_cast<std::uint64_t>(used.ru_majflt)};
}

/// Server to fork server.
struct command {
    enum class kind : std::uint32_t {
        spawn,
        kill,
        carry_log,  ///< asks for `report::kind::log_carried`, when the log is what was printed
        answer,     ///< says that it is up, with `report::kind::ready`
    };

    kind what = kind::spawn;
    process_id process{};
    std::int32_t signal = 0;                   ///< of a kill
    start_method method = start_method::fork;  ///< of a spawn
};

/// Fork server to server.
struct report {
    enum class kind : std::uint32_t {
        ready,  ///< the fork server is up
        log_carried,
        exited,  ///< `value` is the wait status (waitpid(2)); the process and its group are gone
        fork_failed,  ///< `value` is the errno
    };

    kind what = kind::ready;
    process_id process{};
    std::int32_t value = 0;
    usage used{};                ///< of a process that has exited
    bool out_of_memory = false;  ///< killed because its control group was full
};

/// Messages in one packet. A packet is far smaller than a socket's buffer, so it is sent whole or
/// not at all.
inline constexpr std::size_t packet_size = 128;

/// The process of each slot, 0 for none: written by the fork server, read by the server when the
/// fork server has died and cannot end the process groups any more. No task process has this memory
/// mapped.
using roster_entry = std::atomic<pid_t>;
static_assert(roster_entry::is_always_lock_free);

}  // namespace restful_functions::process
