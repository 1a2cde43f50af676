/// hand_over: the server's moves on a slot: giving a call to its process, and reading what comes
/// back.
#pragma once

#include <restful_functions/process/limits.hpp>
#include <restful_functions/process/outcome.hpp>
#include <restful_functions/process/protocol.hpp>
#include <restful_functions/process/slot.hpp>

#include <cxxabi.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace restful_functions::process {

/// What a function said of its progress.
struct progress_report {
    double fraction = 0;  ///< 0 to 1
    std::string message;
};

/// Puts a call into a slot and wakes its process. One that is still starting finds the call when it
/// wants to park.
inline void hand_over(const slot& target, std::uint32_t entry, std::string_view input,
                      std::string_view label) noexcept {
    slot_header& header = target.header();
    header.entry = entry;
    header.input_size = input.size();
    std::memcpy(header.label, label.data(), std::min(label.size(), sizeof header.label - 1));
    if (!input.empty()) std::memcpy(target.payload(), input.data(), input.size());
    if (header.state.exchange(slot_state::called, std::memory_order_acq_rel) ==
        slot_state::parked) {
        target.wake();
    }
}

// The process may write to its slot at any moment, before and after: each member is read once and
// believed only within the slot's bounds.

/// Copies the result out of a slot that is `done`. `memory` is the limit of the function's memory.
inline outcome take_result(const slot& source, std::optional<bytes> memory) {
    const volatile slot_header& header = source.header();
    const verdict result = header.result;
    const std::uint64_t size = header.output_size;
    const std::uint32_t type_size = header.type_size;
    if (size <= source.capacity()) {
        switch (result) {
            case verdict::returned:
                return returned{std::string(source.payload(), size)};
            case verdict::threw: {
                std::string what(source.payload(), size);
                std::string type = what.substr(0, type_size);
                what.erase(0, type_size);
                return threw{std::move(what), std::move(type)};
            }
            case verdict::too_large:
                return result_too_large{source.capacity()};
            case verdict::out_of_memory:
                return out_of_memory{memory};
        }
    }
    return lost{"the task process left an unreadable result"};
}

namespace detail {

/// What lies below the function's frames is ours, and tells its author nothing.
inline constexpr std::string_view frame_of_run_call =
    "_ZN17restful_functions7process6detail8run_call";

/// "_Z3addii+0x4 program" as people read it: "add(int, int)+0x4 (program)".
inline std::string readable_frame(std::string_view line) {
    const auto plus = line.find('+');
    const auto space = line.find(' ', plus == std::string_view::npos ? 0 : plus);
    if (plus == std::string_view::npos || space == std::string_view::npos) return std::string(line);
    const std::string mangled(line.substr(0, plus));
    char* demangled = abi::__cxa_demangle(mangled.c_str(), nullptr, nullptr, nullptr);
    std::string text = demangled != nullptr ? demangled : mangled;
    std::free(demangled);
    text += line.substr(plus, space - plus);
    text += " (";
    text += line.substr(space + 1);
    return text + ")";
}

}  // namespace detail

/// What a process that was killed by `signal` left about that.
inline crashed take_crash(const slot& source, int signal) {
    const volatile crash_note& note = source.header().crash;
    const std::uint64_t size = note.backtrace_size;
    const bool has_address = note.has_address != 0;
    const std::uint64_t address = note.address;
    crashed crash{signal, std::nullopt, {}};
    // A handler that is killed itself leaves what it had written by then.
    if (source.header().crash.signal.load(std::memory_order_acquire) != signal ||
        size > source.capacity()) {
        return crash;
    }
    if (has_address) crash.address = address;
    const std::string raw(source.payload(), std::min<std::size_t>(size, 64 * 1024));
    for (std::size_t begin = 0; begin < raw.size();) {
        const std::size_t end = std::min(raw.find('\n', begin), raw.size());
        const std::string_view frame = std::string_view(raw).substr(begin, end - begin);
        if (frame.starts_with(detail::frame_of_run_call)) break;
        crash.backtrace += detail::readable_frame(frame);
        crash.backtrace += '\n';
        begin = end + 1;
    }
    return crash;
}

/// How a process ended that left no result. Who ignores SIGXCPU is killed a second later.
inline outcome end_of_process(const slot& source, const report& exit, const limits& its) {
    outcome how = outcome_of_wait_status(exit.value);
    if (const auto* crash = std::get_if<crashed>(&how)) {
        const auto used = exit.used.user + exit.used.system;
        if (its.cpu &&
            (crash->signal == SIGXCPU || (crash->signal == SIGKILL && used > *its.cpu))) {
            return cpu_limit{*its.cpu};
        }
        return take_crash(source, crash->signal);
    }
    return how;
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
