/// protocol: what the server and the fork server say to each other, in packets of up to
/// `packet_size` messages.
#pragma once

#include <sys/types.h>

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
};

/// Server to fork server.
struct command {
    enum class kind : std::uint32_t {
        spawn,
        kill,
        answer,  ///< says that it is up, with `report::kind::ready`
    };

    kind what = kind::spawn;
    process_id process{};
    std::int32_t signal = 0;  ///< of a kill
};

/// Fork server to server.
struct report {
    enum class kind : std::uint32_t {
        ready,   ///< the fork server is up
        exited,  ///< `value` is the wait status (waitpid(2)); the process and its group are gone
        fork_failed,  ///< `value` is the errno
    };

    kind what = kind::ready;
    process_id process{};
    std::int32_t value = 0;
    usage used{};  ///< of a process that has exited
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
