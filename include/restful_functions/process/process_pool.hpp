/// process_pool: keeps processes parked, on slots of the fork server that runs at the moment, and
/// replaces that one.
#pragma once

#include <restful_functions/process/backoff.hpp>
#include <restful_functions/process/events.hpp>
#include <restful_functions/process/executor_options.hpp>
#include <restful_functions/process/fork_server_link.hpp>
#include <restful_functions/process/operating_system.hpp>
#include <restful_functions/process/program.hpp>
#include <restful_functions/process/protocol.hpp>
#include <restful_functions/process/seat.hpp>
#include <restful_functions/process/watchdog.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

namespace restful_functions::process {

class process_pool {
 public:
    using clock = std::chrono::steady_clock;

    /// Throws std::system_error when the system refuses.
    process_pool(program& work, const executor_options& options, operating_system& system)
        : warm_(options.warm_processes),
          fork_server_(work, options, system),
          seats_(options.max_processes) {
        refill();
        flush();
    }

    /// The link's descriptor, events and packets are the executor's to look at.
    [[nodiscard]] const fork_server_link& link() const noexcept { return fork_server_; }

    [[nodiscard]] seating& seats() noexcept { return seats_; }
    [[nodiscard]] const seating& seats() const noexcept { return seats_; }

    [[nodiscard]] slot at(std::uint32_t index) const noexcept {
        return fork_server_.arena().at(index);
    }

    /// What the call of a seat printed.
    [[nodiscard]] log_excerpt log(std::uint32_t index) const {
        return fork_server_.arena().log(index);
    }

    [[nodiscard]] slot_state state_of(std::uint32_t index) const noexcept {
        return at(index).header().state.load(std::memory_order_acquire);
    }

    /// Whether the process is the seat's present one, and not one that it had before.
    [[nodiscard]] bool is_of_now(process_id process) const noexcept {
        return process.slot < seats_.size() && process == seats_.process(process.slot);
    }

    /// All but the calls that wait.
    [[nodiscard]] census count() const noexcept {
        const auto& idle = seats_.in(seat_phase::idle);
        const auto parked = static_cast<std::size_t>(std::count_if(
            idle.begin(), idle.end(),
            [this](std::uint32_t index) { return state_of(index) == slot_state::parked; }));
        return {.running = seats_.count(seat_phase::calling),
                .parked = parked,
                .starting = idle.size() - parked,
                .leaving = seats_.count(seat_phase::leaving)};
    }

    /// An idle process, a parked one rather than one that still starts, rather than a new one.
    /// nullopt: every slot is taken, or forks are failing.
    [[nodiscard]] std::optional<std::uint32_t> idle_process() {
        const auto& idle = seats_.in(seat_phase::idle);
        if (idle.empty() && !spawn()) return std::nullopt;
        const auto parked = std::find_if(idle.begin(), idle.end(), [this](std::uint32_t index) {
            return state_of(index) == slot_state::parked;
        });
        if (parked != idle.end()) return *parked;
        watchdog_.arm(clock::now());
        return idle.front();
    }

    /// Asks for another process on a slot whose process has ended, with what lies in the slot.
    void respawn(std::uint32_t index) {
        fork_server_.push({.what = command::kind::spawn, .process = seats_.next_process(index)});
    }

    void kill(std::uint32_t index, int signal) {
        fork_server_.push(
            {.what = command::kind::kill, .process = seats_.process(index), .signal = signal});
    }

    /// Asks for as many processes as are to be parked.
    void refill() {
        while (seats_.count(seat_phase::idle) < warm_ && spawn()) {
        }
    }

    /// Does the same when less than half of them are left: between calls there is a better time for
    /// it.
    void refill_when_low() {
        if (seats_.count(seat_phase::idle) * 2 < warm_) refill();
    }

    /// Sends what was asked for.
    void flush() { fork_server_.flush(); }

    /// A process could not be forked, or ended before it could park.
    void failed(clock::time_point now) noexcept { backoff_.failed(now); }
    void succeeded() noexcept { backoff_.succeeded(); }

    /// The fork server has died and its processes with it: gives all slots up and starts a new one,
    /// now or, if it had not lived long, later.
    void replace_fork_server(clock::time_point now) {
        seats_.vacate_all();
        fork_server_.release();
        watchdog_.reset();
        lost_at_ = now;
        if (now - started_at_ < backoff::longest) {
            backoff_.failed(now);  // one that dies at once must not be forked in a loop
        } else {
            start_fork_server(now);
        }
    }

    [[nodiscard]] std::string end_of_fork_server() { return fork_server_.end(); }

    /// Since when there has been no fork server; nullopt while there is one.
    [[nodiscard]] std::optional<clock::time_point> without_fork_server_since() const noexcept {
        return fork_server_.up() ? std::nullopt : std::optional(lost_at_);
    }

    [[nodiscard]] std::optional<clock::time_point> next_deadline() const noexcept {
        std::optional<clock::time_point> next;
        for (const auto& due : {seats_.next_deadline(), backoff_.retry_at(), watchdog_.due()}) {
            if (due && (!next || *due < *next)) next = due;
        }
        return next;
    }

    /// The fork server has reported something.
    void answered() noexcept { watchdog_.answered(); }

    /// Kills the processes that were to be gone by now, and tries again what has failed. false: the
    /// fork server does not answer any more.
    [[nodiscard]] bool take_due_deadlines(clock::time_point now) {
        for (const seat_phase phase : {seat_phase::calling, seat_phase::leaving}) {
            for (const std::uint32_t index : seats_.in(phase)) {
                if (auto& kill_at = seats_[index].kill_at; kill_at && *kill_at <= now) {
                    kill_at = now + leave_time;
                    kill(index, SIGKILL);
                    watchdog_.arm(now);
                }
            }
        }
        if (backoff_.take_due(now) && !fork_server_.up()) start_fork_server(now);
        switch (fork_server_.up() ? watchdog_.take_due(now) : watchdog::verdict::fine) {
            case watchdog::verdict::fine:
                return true;
            case watchdog::verdict::ask:
                fork_server_.push({.what = command::kind::answer});
                return true;
            case watchdog::verdict::hung:
                return false;
        }
        return true;
    }

    /// The call of a seat has ended; its process gets this long to do the same.
    static constexpr std::chrono::seconds leave_time{5};

 private:
    bool spawn() {
        if (!fork_server_.up() || backoff_.retry_at() || seats_.count(seat_phase::vacant) == 0) {
            return false;
        }
        const std::uint32_t index = seats_.any_vacant();
        fork_server_.arena().clear(index, std::exchange(seats_[index].used, 0));
        seats_.occupy(index);
        respawn(index);
        return true;
    }

    void start_fork_server(clock::time_point now) {
        started_at_ = now;
        try {
            fork_server_.start();
        } catch (const std::system_error&) {
            backoff_.failed(now);
        }
    }

    std::size_t warm_;
    fork_server_link fork_server_;
    clock::time_point started_at_ = clock::now();  ///< of the last attempt to start the fork server
    clock::time_point lost_at_;                    ///< when the last one died
    seating seats_;
    backoff backoff_;
    watchdog watchdog_;
};

}  // namespace restful_functions::process
