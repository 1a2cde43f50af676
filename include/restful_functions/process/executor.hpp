/// executor: runs calls in processes of their own and tells how each of them ended. Owns no loop and never blocks.
#pragma once

#include <restful_functions/process/backoff.hpp>
#include <restful_functions/process/executor_options.hpp>
#include <restful_functions/process/fork_server_link.hpp>
#include <restful_functions/process/hand_over.hpp>
#include <restful_functions/process/operating_system.hpp>
#include <restful_functions/process/outcome.hpp>
#include <restful_functions/process/program.hpp>
#include <restful_functions/process/protocol.hpp>
#include <restful_functions/process/seat.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace restful_functions::process {

/// Used from one thread. Whoever owns the loop watches `descriptor()` for reading and calls `dispatch()` when it is
/// readable or when `next_deadline()` has come.
class executor {
public:
    using clock = std::chrono::steady_clock;
    /// Hears the end of each started call, once, from within `dispatch()`. It may start and kill calls.
    using listener = std::function<void(call_id, outcome&&)>;

    /// Forks the fork server: do it before threads, sockets and client data exist, for the task processes are copies
    /// of what the program is at this moment. `work` and `system` must outlive the executor.
    /// Throws std::invalid_argument for options that make no sense, std::system_error when the system refuses.
    executor(program& work, executor_options options, listener on_end,
             operating_system& system = operating_system::real())
        : options_(validated(options)),
          on_end_(std::move(on_end)),
          fork_server_(work, options_, system),
          seats_(options_.max_processes) {
        refill();
        fork_server_.flush();
    }

    /// Hands a call over to a parked process, or to the next one forked. nullopt: `max_processes` are busy, or no
    /// fork server can be had at the moment. Throws std::length_error for an input above `max_payload` bytes.
    std::optional<call_id> start(std::uint32_t entry, std::string_view input) {
        if (input.size() > options_.max_payload) {
            throw std::length_error("a call's input is larger than max_payload");
        }
        if (!fork_server_.up() || (seats_.count(seat_phase::idle) == 0 && !spawn())) {
            return std::nullopt;
        }
        const std::uint32_t index = best_idle();
        const call_id call = seats_.call(index, input.size());
        hand_over(slot_at(index), entry, input);
        if (seats_.count(seat_phase::idle) * 2 < options_.warm_processes) {
            refill();
        }
        fork_server_.flush();
        return call;
    }

    /// Sends a signal to the process group of a call. Nothing happens when the call has ended.
    void kill(call_id call, int signal) {
        if (seats_.is_calling(call)) {
            seat& target = seats_[call.slot];
            target.kill_signal = signal;  // also keeps a call that no process has taken from being given to another
            fork_server_.push({.what = command::kind::kill, .call = {call.slot, target.generation}, .signal = signal});
            fork_server_.flush();
        }
    }

    [[nodiscard]] int descriptor() const noexcept { return fork_server_.descriptor(); }

    /// Does what has become due: results, ended processes, refills, deadlines.
    void dispatch() {
        take_events();
        take_due_deadlines(clock::now());
        refill();
        fork_server_.flush();
        for (auto& [call, how] : std::exchange(ended_, {})) {
            on_end_(call, std::move(how));
        }
    }

    [[nodiscard]] std::optional<clock::time_point> next_deadline() const noexcept {
        const auto leaving = seats_.next_deadline();
        const auto retry = backoff_.retry_at();
        return leaving && retry ? std::min(leaving, retry) : leaving ? leaving : retry;
    }

    /// Processes that wait for a call.
    [[nodiscard]] std::size_t parked() const noexcept {
        const auto& idle = seats_.in(seat_phase::idle);
        return static_cast<std::size_t>(std::count_if(idle.begin(), idle.end(), [this](std::uint32_t index) {
            return state_of(index) == slot_state::parked;
        }));
    }

    /// Calls that were started and have no result yet.
    [[nodiscard]] std::size_t running() const noexcept { return seats_.count(seat_phase::calling); }

    /// Slots without a process.
    [[nodiscard]] std::size_t vacant() const noexcept { return seats_.count(seat_phase::vacant); }

    /// 0 while there is none.
    [[nodiscard]] pid_t fork_server_pid() const noexcept { return fork_server_.pid(); }

private:
    /// A call is handed to so many further processes when one ends before it takes the call.
    static constexpr int max_restarts = 3;
    /// A process that has answered gets this long to end by itself.
    static constexpr std::chrono::seconds leave_time{5};
    /// A call waits this long for a fork that the system refuses.
    static constexpr std::chrono::seconds fork_patience{5};

    [[nodiscard]] slot slot_at(std::uint32_t index) const noexcept { return fork_server_.arena().at(index); }

    [[nodiscard]] slot_state state_of(std::uint32_t index) const noexcept {
        return slot_at(index).header().state.load(std::memory_order_acquire);
    }

    // --- the fork server ---

    void start_fork_server() {
        started_at_ = clock::now();
        try {
            fork_server_.start();
        } catch (const std::system_error&) {
            backoff_.failed(started_at_);
        }
    }

    /// The fork server is gone and its processes with it. What had a result keeps it; service goes on with new slots.
    void replace_fork_server() {
        const std::string why = "the fork server was lost: " + fork_server_.end();
        collect_results();
        while (running() > 0) {
            end_call(seats_.in(seat_phase::calling).back(), lost{why});
        }
        seats_.vacate_all();
        unforked_.clear();
        fork_server_.release();
        if (const auto now = clock::now(); now - started_at_ < backoff::longest) {
            backoff_.failed(now);  // one that dies at once must not be forked in a loop
        } else {
            start_fork_server();
        }
    }

    // --- the processes ---

    /// Asks for a process on a vacant slot. false: there is no vacant slot.
    bool spawn() {
        if (vacant() == 0) {
            return false;
        }
        const std::uint32_t index = seats_.any_vacant();
        fork_server_.arena().clear(index, std::exchange(seats_[index].used, 0));
        fork_server_.push({.what = command::kind::spawn, .call = seats_.occupy(index)});
        return true;
    }

    /// Asks for another process for the call that lies in a slot.
    void respawn(std::uint32_t index) {
        fork_server_.push({.what = command::kind::spawn, .call = {index, ++seats_[index].generation}});
    }

    void refill() {
        while (fork_server_.up() && !backoff_.retry_at() && seats_.count(seat_phase::idle) < options_.warm_processes && spawn()) {
        }
    }

    /// A process that has parked, or else one that will. There must be one.
    [[nodiscard]] std::uint32_t best_idle() const noexcept {
        const auto& idle = seats_.in(seat_phase::idle);
        const auto parked = std::find_if(idle.begin(), idle.end(), [this](std::uint32_t index) {
            return state_of(index) == slot_state::parked;
        });
        return parked != idle.end() ? *parked : idle.front();
    }

    void end_call(std::uint32_t index, outcome&& how) {
        const auto* result = std::get_if<returned>(&how);
        seat& ended = seats_[index];  // a failed call may have written anywhere in its slot
        ended.used = result != nullptr ? std::max(ended.used, result->bytes.size()) : options_.max_payload;
        ended_.emplace_back(seats_.leave(index, clock::now() + leave_time), std::move(how));
    }

    void end_call_with_result(std::uint32_t index) {
        end_call(index, take_result(slot_at(index)));
        backoff_.succeeded();
    }

    void collect_results() {
        const auto& calling = seats_.in(seat_phase::calling);
        for (std::size_t i = calling.size(); i-- > 0;) {  // from the end: ending a call takes it out of the list
            if (state_of(calling[i]) == slot_state::done) {
                end_call_with_result(calling[i]);
            }
        }
    }

    // --- what happened ---

    void take_events() {
        const auto events = fork_server_.take_events();
        if (events.completions) {
            collect_results();
        }
        if (events.reports) {
            take_reports();
        }
    }

    void take_reports() {
        std::array<report, packet_size> packet;
        std::size_t count = 0;
        if (fork_server_.receive(packet, count) == transfer::gone) {
            replace_fork_server();
        }
        for (const report& next : std::span(packet).first(count)) {
            if (next.call.slot >= seats_.size() || next.call.generation != seats_[next.call.slot].generation) {
                continue;
            }
            switch (next.what) {
                case report::kind::ready: break;
                case report::kind::exited: on_exited(next.call.slot, next.value); break;
                case report::kind::fork_failed: on_fork_failed(next.call.slot, next.value); break;
            }
        }
    }

    void on_exited(std::uint32_t index, int wait_status) {
        seat& ended = seats_[index];
        if (ended.phase == seat_phase::idle) {
            backoff_.failed(clock::now());  // it could not even park
        } else if (ended.phase == seat_phase::calling) {
            const slot_state state = state_of(index);
            if (state == slot_state::done) {
                end_call_with_result(index);
            } else if (state == slot_state::called && ended.kill_signal == 0 && ended.restarts++ < max_restarts) {
                return respawn(index);  // the call still lies in the slot
            } else {
                end_call(index, outcome_of_wait_status(wait_status));
            }
        }
        seats_.vacate(index);
    }

    void on_fork_failed(std::uint32_t index, int error) {
        const auto now = clock::now();
        backoff_.failed(now);
        seat& failed = seats_[index];
        if (failed.phase == seat_phase::calling) {
            failed.fork_patience_until = failed.fork_patience_until.value_or(now + fork_patience);
            if (failed.kill_signal == 0 && now < failed.fork_patience_until) {
                return unforked_.push_back(index);
            }
            end_call(index, failed.kill_signal != 0
                                ? outcome{killed{failed.kill_signal}}
                                : lost{"no process could be forked: " + std::generic_category().message(error)});
        }
        seats_.vacate(index);
    }

    void take_due_deadlines(clock::time_point now) {
        for (const std::uint32_t index : seats_.in(seat_phase::leaving)) {
            if (seat& late = seats_[index]; late.leave_by <= now) {
                late.leave_by = now + leave_time;
                fork_server_.push({.what = command::kind::kill, .call = {index, late.generation}, .signal = SIGKILL});
            }
        }
        if (backoff_.take_due(now)) {
            if (!fork_server_.up()) {
                start_fork_server();
            }
            for (const std::uint32_t index : std::exchange(unforked_, {})) {
                respawn(index);
            }
        }
    }

    executor_options options_;
    listener on_end_;
    fork_server_link fork_server_;
    clock::time_point started_at_ = clock::now();  ///< of the fork server
    seating seats_;
    std::vector<std::uint32_t> unforked_;  ///< slots with a call whose fork failed
    std::vector<std::pair<call_id, outcome>> ended_;
    backoff backoff_;
};

}  // namespace restful_functions::process
