/// seat: what the server itself knows of each slot. Nothing here is shared with another process.
#pragma once

#include <restful_functions/process/protocol.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <vector>

namespace restful_functions::process {

enum class seat_phase : std::uint8_t {
    vacant,   ///< no process
    idle,     ///< a process without a call: parked, starting, or asked for
    calling,  ///< a call without a result
    leaving,  ///< the call has its result, the process has not been seen to end
};

struct seat {
    using clock = std::chrono::steady_clock;

    seat_phase phase = seat_phase::vacant;
    std::uint32_t generation = 0;       ///< counts the processes of this slot
    std::uint32_t call_generation = 0;  ///< of the first process that was meant to serve the call
    std::uint32_t position = 0;         ///< in the list of its phase
    int kill_signal = 0;                ///< the last signal that the call was sent
    int restarts = 0;                   ///< processes that ended before they took the call
    std::size_t used = 0;               ///< bytes of payload since the slot was cleared
    clock::time_point leave_by;
    std::optional<clock::time_point> fork_patience_until;
};

/// All seats, each in the list of its phase. Every operation is O(1) unless it says otherwise.
class seating {
public:
    using clock = seat::clock;

    explicit seating(std::size_t count) : seats_(count) {
        auto& vacant = list(seat_phase::vacant);
        vacant.resize(count);
        std::iota(vacant.rbegin(), vacant.rend(), 0U);
        for (std::uint32_t position = 0; position < count; ++position) {
            seats_[vacant[position]].position = position;
        }
    }

    [[nodiscard]] std::size_t size() const noexcept { return seats_.size(); }
    [[nodiscard]] seat& operator[](std::uint32_t index) noexcept { return seats_[index]; }
    [[nodiscard]] const std::vector<std::uint32_t>& in(seat_phase phase) const noexcept {
        return lists_[static_cast<std::size_t>(phase)];
    }
    [[nodiscard]] std::size_t count(seat_phase phase) const noexcept { return in(phase).size(); }

    /// The most recently vacated seat: its memory is the warmest. There must be one.
    [[nodiscard]] std::uint32_t any_vacant() const noexcept { return in(seat_phase::vacant).back(); }

    /// A process is asked for. Names it.
    call_id occupy(std::uint32_t index) {
        move(index, seat_phase::idle);
        return {index, ++seats_[index].generation};
    }

    /// The seat's process is given a call, whose name is returned.
    call_id call(std::uint32_t index, std::size_t input_size) {
        move(index, seat_phase::calling);
        seat& taken = seats_[index];
        taken.call_generation = taken.generation;
        taken.kill_signal = 0;
        taken.restarts = 0;
        taken.used = input_size;
        taken.fork_patience_until.reset();
        return {index, taken.call_generation};
    }

    [[nodiscard]] bool is_calling(call_id call) const noexcept {
        return call.slot < size() && seats_[call.slot].phase == seat_phase::calling &&
               seats_[call.slot].call_generation == call.generation;
    }

    /// The seat's call, which is named, has ended; its process has until `leave_by` to do the same.
    call_id leave(std::uint32_t index, clock::time_point leave_by) {
        move(index, seat_phase::leaving);
        seats_[index].leave_by = leave_by;
        return {index, seats_[index].call_generation};
    }

    void vacate(std::uint32_t index) { move(index, seat_phase::vacant); }

    /// O(seats).
    void vacate_all() {
        for (std::uint32_t index = 0; index < size(); ++index) {
            vacate(index);
        }
    }

    /// When the first process that is leaving is late. O(leaving).
    [[nodiscard]] std::optional<clock::time_point> next_deadline() const noexcept {
        std::optional<clock::time_point> next;
        for (const std::uint32_t index : in(seat_phase::leaving)) {
            if (!next || seats_[index].leave_by < *next) {
                next = seats_[index].leave_by;
            }
        }
        return next;
    }

private:
    std::vector<std::uint32_t>& list(seat_phase phase) noexcept { return lists_[static_cast<std::size_t>(phase)]; }

    void move(std::uint32_t index, seat_phase phase) {
        seat& moved = seats_[index];
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
    std::array<std::vector<std::uint32_t>, 4> lists_;
};

}  // namespace restful_functions::process
