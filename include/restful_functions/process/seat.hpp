/// seat: what the server itself knows of each slot. Nothing here is shared with another process.
#pragma once

#include <restful_functions/detail/earliest.hpp>
#include <restful_functions/process/events.hpp>
#include <restful_functions/process/protocol.hpp>
#include <restful_functions/process/start_method.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <vector>

namespace restful_functions::process {

enum class seat_phase : std::uint8_t {
    vacant,    ///< no process
    idle,      ///< a process that never had a call: parked, starting, or asked for
    calling,   ///< a call without a result
    settling,  ///< the call has its result, the process stays, its log is not complete
    kept,      ///< the process waits for another call of its function
    leaving,   ///< the call has its result, the process has not been seen to end
};

inline constexpr std::size_t seat_phases = 6;

/// In which a process may still be busy with the call before.
inline constexpr std::array phases_of_rewound{seat_phase::calling, seat_phase::settling,
                                              seat_phase::kept};

struct seat {
    using clock = std::chrono::steady_clock;

    seat_phase phase = seat_phase::vacant;
    std::uint32_t generation = 0;  ///< counts the processes of this slot
    std::uint32_t position = 0;    ///< in the list of its phase
    std::size_t used = 0;          ///< bytes of payload since the slot was cleared

    // Of the call, from its start until its process is gone:
    call_id call{};  ///< none: 0
    std::uint32_t entry = 0;
    bool stopped = false;                         ///< it was asked to end
    bool awaits_news = false;                     ///< the next news of it are to be told
    int restarts = 0;                             ///< processes that ended before they took it
    std::optional<clock::time_point> give_up_at;  ///< set by the first fork that failed for it
    std::optional<clock::time_point> kill_at;     ///< should the process not have ended by then
    std::chrono::milliseconds grace{};            ///< its process's, to end when the call has
    /// When the process is to have done with its last call.
    std::optional<clock::time_point> ready_by;

    start_method method = start_method::fork;   ///< of the process
    std::optional<clock::time_point> start_by;  ///< when a new run of the program is to be ready

    // Of the process, where it serves several calls:
    std::size_t calls = 0;         ///< that it has served
    usage used_by_all{};           ///< those calls
    usage used_by_last{};          ///< of them
    clock::time_point kept_since;  ///< when that one ended
};

/// All seats, each in the list of its phase. Every operation is O(1) unless it says otherwise.
class seating {
 public:
    using clock = seat::clock;

    explicit seating(std::size_t count) : seats_(count) {
        for (auto& each : lists_) each.reserve(count);  // no move needs memory
        auto& vacant = list(seat_phase::vacant);
        vacant.resize(count);
        std::iota(vacant.rbegin(), vacant.rend(), 0U);
        for (std::uint32_t position = 0; position < count; ++position) {
            seats_[vacant[position]].position = position;
        }
    }

    [[nodiscard]] std::size_t size() const noexcept { return seats_.size(); }
    [[nodiscard]] seat& operator[](std::uint32_t index) noexcept { return seats_[index]; }
    [[nodiscard]] const seat& operator[](std::uint32_t index) const noexcept {
        return seats_[index];
    }
    [[nodiscard]] const std::vector<std::uint32_t>& in(seat_phase phase) const noexcept {
        return lists_[static_cast<std::size_t>(phase)];
    }
    [[nodiscard]] std::size_t count(seat_phase phase) const noexcept { return in(phase).size(); }

    /// The most recently vacated seat: its memory is the warmest. There must be one.
    [[nodiscard]] std::uint32_t any_vacant() const noexcept {
        return in(seat_phase::vacant).back();
    }

    /// The name of the seat's process.
    [[nodiscard]] process_id process(std::uint32_t index) const noexcept {
        return {index, seats_[index].generation};
    }

    /// Names a new process of the seat.
    process_id next_process(std::uint32_t index) {
        ++seats_[index].generation;
        seats_[index].calls = 0;
        seats_[index].used_by_all = {};
        seats_[index].ready_by.reset();
        return process(index);
    }

    void occupy(std::uint32_t index, start_method method = start_method::fork) {
        seats_[index].method = method;
        move(index, seat_phase::idle);
    }

    /// The idle seats whose process was started like this.
    [[nodiscard]] std::size_t count_idle(start_method method) const noexcept {
        return idle_[method];
    }

    void call(std::uint32_t index, call_id call) {
        move(index, seat_phase::calling);
        seat& taken = seats_[index];
        taken.call = call;
        taken.stopped = false;
        taken.awaits_news = false;
        taken.restarts = 0;
        taken.give_up_at.reset();
        taken.kill_at.reset();
    }

    /// The seat's call has ended, and its process goes on.
    void settle(std::uint32_t index) { move(index, seat_phase::settling); }
    void keep(std::uint32_t index, clock::time_point now) {
        move(index, seat_phase::kept);
        seats_[index].kept_since = now;
    }

    /// The seat's call has ended; its process has until `kill_at` to do the same.
    void leave(std::uint32_t index, clock::time_point kill_at) {
        move(index, seat_phase::leaving);
        seats_[index].start_by.reset();
        seats_[index].kill_at = kill_at;
    }

    void vacate(std::uint32_t index) { move(index, seat_phase::vacant); }

    /// O(seats).
    void vacate_all() {
        for (std::uint32_t index = 0; index < size(); ++index) {
            vacate(index);
        }
    }

    /// Where a call is, among those of the phase. O(seats of the phase).
    [[nodiscard]] std::optional<std::uint32_t> find(call_id call, seat_phase phase) const noexcept {
        const auto& list = in(phase);
        const auto found = std::find_if(list.begin(), list.end(), [&](std::uint32_t index) {
            return seats_[index].call == call;
        });
        return found != list.end() ? std::optional(*found) : std::nullopt;
    }

    /// When the next process may have to be killed. O(all but vacant and, without new runs of the
    /// program among them, idle).
    [[nodiscard]] std::optional<clock::time_point> next_deadline() const noexcept {
        std::optional<clock::time_point> next;
        for (const seat_phase phase : {seat_phase::calling, seat_phase::leaving}) {
            for (const std::uint32_t index : in(phase)) {
                next = restful_functions::detail::earliest(
                    {next, seats_[index].kill_at, seats_[index].start_by});
            }
        }
        for (const seat_phase phase : phases_of_rewound) {
            for (const std::uint32_t index : in(phase)) {
                next = restful_functions::detail::earliest({next, seats_[index].ready_by});
            }
        }
        if (count_idle(start_method::spawn) == 0) return next;
        for (const std::uint32_t index : in(seat_phase::idle)) {
            next = restful_functions::detail::earliest({next, seats_[index].start_by});
        }
        return next;
    }

 private:
    std::vector<std::uint32_t>& list(seat_phase phase) noexcept {
        return lists_[static_cast<std::size_t>(phase)];
    }

    void move(std::uint32_t index, seat_phase phase) noexcept {
        seat& moved = seats_[index];
        if (moved.phase == seat_phase::idle) --idle_[moved.method];
        if (phase == seat_phase::idle) ++idle_[moved.method];
        auto& from = list(moved.phase);
        from[moved.position] = from.back();
        seats_[from.back()].position = moved.position;
        from.pop_back();
        auto& to = list(phase);
        moved.phase = phase;
        moved.position = static_cast<std::uint32_t>(to.size());
        to.push_back(index);
    }

    std::vector<seat> seats_;
    std::array<std::vector<std::uint32_t>, seat_phases> lists_;
    by_start_method<std::size_t> idle_;
};

}  // namespace restful_functions::process
