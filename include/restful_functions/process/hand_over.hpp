/// hand_over: the server's moves on a slot: giving a call to its process, and reading what comes
/// back.
#pragma once

#include <restful_functions/process/call_labels.hpp>
#include <restful_functions/process/limits.hpp>
#include <restful_functions/process/outcome.hpp>
#include <restful_functions/process/protocol.hpp>
#include <restful_functions/process/resource_limits.hpp>
#include <restful_functions/process/slot.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <new>
#include <optional>
#include <string>
#include <string_view>

namespace restful_functions::process {

/// What a function said of its progress.
struct progress_report {
    double fraction = 0;  ///< 0 to 1
    std::string message;
};

/// Puts a call into a slot and wakes its process. One that is still starting finds the call when it
/// wants to park.
inline void hand_over(const slot& target, std::uint32_t entry, isolation how,
                      std::string_view input, const call_labels& labels) noexcept {
    slot_header& header = target.header();
    forget_call(header);
    header.entry = entry;
    header.how = how;
    header.input_size = input.size();
    const auto copy = [](std::string_view text, auto& to) {
        std::copy_n(text.data(), std::min(text.size(), sizeof to - 1), to);
    };
    copy(labels.id, header.label);
    copy(labels.trace, header.trace);
    std::copy_n(input.data(), input.size(), target.payload());
    if (header.state.exchange(slot_state::called, std::memory_order_acq_rel) ==
        slot_state::parked) {
        target.wake();
    }
}

// The process may write to its slot at any moment, before and after: each member is read once and
// believed only within the slot's bounds.

/// Copies the result out of a slot that is `done`. `memory` is the limit of the function's memory.
inline outcome take_result(const slot& source, std::optional<bytes> memory) try {
    const volatile slot_header& header = source.header();
    const verdict result = header.result;
    const std::uint64_t size = header.output_size;
    const std::uint32_t type_size = header.type_size;
    if (size <= source.capacity() && type_size <= size) {
        const auto type = [&] { return std::string(source.payload(), type_size); };
        const auto rest = [&] {
            return std::string(source.payload() + type_size, size - type_size);
        };
        switch (result) {
            case verdict::returned:
                return returned{rest(), type()};
            case verdict::threw:
                return threw{rest(), type()};
            case verdict::too_large:
                return result_too_large{source.capacity()};
            case verdict::out_of_memory:
                return out_of_memory{memory};
        }
    }
    return lost{"the task process left an unreadable result"};
} catch (const std::bad_alloc&) {
    return without_memory();
}

/// What a process says of its call when it goes on.
struct stay {
    bool stays = false;
    mark_refusal why_not_rewound = mark_refusal::none;
    bool has_unlogged = false;  ///< some of what was printed has not been taken out of the pipe
    usage used;                 ///< by the process since its start
};

inline stay take_stay(const slot& source) {
    const volatile slot_header& header = source.header();
    const bool stays = header.stays != 0;
    const mark_refusal said = header.why_not_rewound;
    const mark_refusal why_not_rewound = is_known(said) ? said : mark_refusal::none;
    const bool has_unlogged = header.unlogged != 0;
    stay seen{stays, why_not_rewound, has_unlogged, {}};
    std::memcpy(&seen.used, &source.header().used, sizeof seen.used);
    return seen;
}

/// What a process left that died describing its crash. The backtrace is as crash_frames reads it.
inline crashed take_crash(const slot& source) {
    const volatile crash_note& note = source.header().crash;
    const int signal = note.signal;
    const bool has_address = note.has_address != 0;
    const std::uint64_t address = note.address;
    const std::uint64_t begin = note.backtrace_begin;
    const std::uint64_t size = note.backtrace_size;
    crashed crash{signal, std::nullopt, {}};
    if (has_address) crash.address = address;
    if (begin <= source.capacity() && size <= source.capacity() - begin) {
        try {
            crash.backtrace.assign(source.payload() + begin,
                                   std::min<std::size_t>(size, 64 * 1024));
        } catch (const std::bad_alloc&) {
            crash.backtrace.clear();
        }
    }
    return crash;
}

/// How a process ended that left no result. Who ignores SIGXCPU is killed a second later.
inline outcome end_of_process(const slot& source, const report& exit, const limits& its) {
    if (exit.out_of_memory) return out_of_memory{its.memory};
    outcome how = outcome_of_wait_status(exit.value);
    const auto* death = std::get_if<crashed>(&how);
    if (death == nullptr) return how;
    if (its.cpu) {
        // The count by which the kernel kills is coarser than the one that it reports: a kill after
        // the first of the two limits is taken for the second.
        const bool killed_for_it =
            death->signal == SIGKILL &&
            exit.used.user + exit.used.system >= std::chrono::seconds(cpu_seconds(*its.cpu).soft);
        if (death->signal == SIGXCPU || killed_for_it) return cpu_limit{*its.cpu};
    }
    // The handler may have been killed at its work, or crashed itself: what it noted first counts.
    const bool described =
        source.header().state.load(std::memory_order_acquire) == slot_state::crashed;
    crashed crash = described ? take_crash(source) : *death;
    return crash.signal > 0 && crash.signal < NSIG ? crash : *death;
}

/// What the running call said last; nullopt when it said nothing yet, or is saying it all the time.
inline std::optional<progress_report> take_progress(const slot& source) {
    const progress_note& note = source.header().progress;
    for (int attempts = 0; attempts < 100; ++attempts) {
        const std::uint32_t before = note.sequence.load(std::memory_order_acquire);
        if (before == 0) return std::nullopt;
        const volatile progress_note& shared = note;
        const double fraction = shared.fraction;
        const std::uint32_t size = shared.message_size;
        progress_report seen{fraction, {}};
        seen.message.assign(note.message, std::min<std::size_t>(size, sizeof note.message));
        std::atomic_thread_fence(std::memory_order_acquire);
        if (before % 2 == 0 && note.sequence.load(std::memory_order_relaxed) == before) {
            seen.fraction = std::isfinite(fraction) ? std::clamp(fraction, 0.0, 1.0) : 0.0;
            return seen;
        }
    }
    return std::nullopt;
}

}  // namespace restful_functions::process
