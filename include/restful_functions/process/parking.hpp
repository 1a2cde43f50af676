/// parking: how a task process waits on its slot.
#pragma once

#include <restful_functions/process/slot.hpp>

#include <atomic>
#include <ctime>

namespace restful_functions::process::detail {

/// Blocks until a call lies in the slot, which may already be so. false: none follows.
inline bool wait_for_call(slot own) noexcept {
    slot_header& header = own.header();
    auto state = slot_state::vacant;
    header.state.compare_exchange_strong(state, slot_state::parked, std::memory_order_acq_rel);
    header.waiting.store(1, std::memory_order_release);
    for (;;) {
        state = header.state.load(std::memory_order_acquire);
        if (state == slot_state::called) return true;
        if (state == slot_state::dismissed) return false;
        own.wait_while(state);
    }
}

/// A process that cannot serve waits so long for the call that it is to fail. Then another process
/// is tried: what was in the way may be gone.
inline constexpr time_t failure_kept_seconds = 1;

/// Does the same for a process that cannot serve. false: no call has come in time, or none follows.
/// Async-signal-safe.
inline bool wait_for_call_to_fail(slot own) noexcept {
    slot_header& header = own.header();
    auto state = slot_state::vacant;
    header.state.compare_exchange_strong(state, slot_state::parked, std::memory_order_acq_rel);
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    const timespec until{now.tv_sec + failure_kept_seconds, now.tv_nsec};
    const auto is_over = [&] {
        ::clock_gettime(CLOCK_MONOTONIC, &now);
        return now.tv_sec > until.tv_sec ||
               (now.tv_sec == until.tv_sec && now.tv_nsec >= until.tv_nsec);
    };
    for (;;) {
        state = header.state.load(std::memory_order_acquire);
        if (state == slot_state::called) return true;
        if (state != slot_state::parked || is_over()) return false;
        own.wait_while(state, until);
    }
}

}  // namespace restful_functions::process::detail
