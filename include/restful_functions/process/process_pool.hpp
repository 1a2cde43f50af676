/// process_pool: keeps processes parked, on slots of the fork server that runs at the moment, and
/// replaces that one.
#pragma once

#include <restful_functions/detail/after.hpp>
#include <restful_functions/detail/earliest.hpp>
#include <restful_functions/process/backoff.hpp>
#include <restful_functions/process/events.hpp>
#include <restful_functions/process/executor_options.hpp>
#include <restful_functions/process/fork_server_link.hpp>
#include <restful_functions/process/host_threads.hpp>
#include <restful_functions/process/isolation.hpp>
#include <restful_functions/process/operating_system.hpp>
#include <restful_functions/process/program.hpp>
#include <restful_functions/process/protocol.hpp>
#include <restful_functions/process/seat.hpp>
#include <restful_functions/process/start_method.hpp>
#include <restful_functions/process/watchdog.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <utility>

namespace restful_functions::process {

class process_pool {
 public:
    using clock = std::chrono::steady_clock;

    /// Throws std::system_error when the system refuses.
    process_pool(program& work, const executor_options& options, operating_system& system)
        : warm_(options.warm_processes),
          has_hook_(work.has_hook()),
          parked_at_most_(parked_of(work, options)),
          fork_server_(work, options, system),
          seats_(options.max_processes) {
        // By now a library that is prepared for forks has ended its threads (pthread_atfork(3)).
        if (has_forked_calls(work)) detail::warn_of_threads();
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

    /// What the seat's process says that it does, if that is possible: a call may have written
    /// anything in its slot.
    [[nodiscard]] start_stage stage_of(std::uint32_t index) const noexcept {
        const auto stage = at(index).header().stage.load(std::memory_order_acquire);
        const bool is_run = seats_[index].method == start_method::spawn;
        const bool can_be =
            (stage == start_stage::run && is_run) || (stage == start_stage::hook && has_hook_);
        return can_be ? stage : start_stage::ready;
    }

    /// Whether the process is the seat's present one, and not one that it had before.
    [[nodiscard]] bool is_of_now(process_id process) const noexcept {
        return process.slot < seats_.size() && process == seats_.process(process.slot);
    }

    /// Whether all that was taken out of the pipe of a seat's process is in its log.
    [[nodiscard]] bool log_is_settled(std::uint32_t index) const noexcept {
        return fork_server_.arena().log_is_settled(index);
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
                .leaving = seats_.count(seat_phase::leaving),
                .kept = seats_.count(seat_phase::settling) + seats_.count(seat_phase::kept)};
    }

    /// Says which function the next call may well be of.
    void expect(std::uint32_t entry) noexcept { expected_ = entry; }
    [[nodiscard]] std::uint32_t expected() const noexcept { return expected_; }

    /// A process that has served the function before, or else an idle one. One that is ready goes
    /// before one that still cleans up after its last call, which takes some time if that has to be
    /// undone.
    [[nodiscard]] std::optional<std::uint32_t> kept_or_idle_process(std::uint32_t entry,
                                                                    isolation how) {
        const auto& kept = seats_.in(seat_phase::kept);
        std::optional<std::uint32_t> not_ready;
        for (std::size_t i = kept.size(); i-- > 0;) {
            if (seats_[kept[i]].entry != entry) continue;
            if (at(kept[i]).header().waiting.load(std::memory_order_acquire) != 0) return kept[i];
            not_ready = kept[i];
        }
        const start_method method = method_for(how);
        if (!not_ready) return idle_process(method);
        const auto parked = how == isolation::rewind ? parked_process(method) : std::nullopt;
        return parked ? parked : not_ready;
    }

    [[nodiscard]] start_method method_for(isolation how) const noexcept {
        return start_method_for(how, has_hook_);
    }

    /// An idle process, a parked one rather than one that still starts, rather than a new one.
    /// nullopt: every slot is taken, or starts are failing.
    [[nodiscard]] std::optional<std::uint32_t> idle_process(start_method method) {
        if (seats_.count_idle(method) == 0 && !spawn(method)) {
            make_room();
            return std::nullopt;
        }
        const auto parked = parked_process(method);
        return parked ? parked : any_idle(method);
    }

    /// Asks for another process on a slot whose process has ended, with what lies in the slot.
    void respawn(std::uint32_t index) {
        seat& its = seats_[index];
        const bool is_run = its.method == start_method::spawn;
        at(index).header().stage.store(is_run ? start_stage::run : start_stage::ready,
                                       std::memory_order_relaxed);
        its.start_by = is_run ? std::optional(clock::now() + run_time) : std::nullopt;
        fork_server_.push({.what = command::kind::spawn,
                           .process = seats_.next_process(index),
                           .method = its.method});
    }

    void kill(std::uint32_t index, int signal) {
        fork_server_.push(
            {.what = command::kind::kill, .process = seats_.process(index), .signal = signal});
    }

    /// The seat's process goes on after its call. false: its log is still on the way, and a report
    /// tells when it is there.
    [[nodiscard]] bool settle(std::uint32_t index, bool log_is_complete) {
        seats_.settle(index);
        if (log_is_complete) return true;
        fork_server_.push({.what = command::kind::carry_log, .process = seats_.process(index)});
        watchdog_.arm(clock::now());
        return false;
    }

    /// Lets the settled process of a seat wait for another call.
    void keep(std::uint32_t index) {
        fork_server_.arena().recycle(index, std::exchange(seats_[index].used, 0));
        seats_.keep(index, clock::now());
    }

    /// Ends a process that waits for another call.
    void dismiss(std::uint32_t index) {
        at(index).header().state.store(slot_state::dismissed, std::memory_order_release);
        at(index).wake();
        leave(index);
    }

    /// The call of a seat has ended; its process is to end within the grace of its function.
    void leave(std::uint32_t index) { seats_.leave(index, end_of_grace(index)); }

    /// The same where the process is to be ready for another call then.
    void await_ready(std::uint32_t index) { seats_[index].ready_by = end_of_grace(index); }

    /// Whether the process that stays is still busy with its last call, in an exit handler or in a
    /// destructor.
    [[nodiscard]] bool is_busy_with_last_call(std::uint32_t index) const noexcept {
        const slot_header& header = at(index).header();
        return seats_[index].calls > 0 && header.waiting.load(std::memory_order_acquire) == 0 &&
               stage_of(index) == start_stage::ready &&
               (seats_[index].phase != seat_phase::calling ||
                state_of(index) == slot_state::called);
    }

    /// Ends all processes that wait for another call.
    void dismiss_all() {
        for (const seat_phase phase : {seat_phase::settling, seat_phase::kept}) {
            while (seats_.count(phase) > 0) dismiss(seats_.in(phase).back());
        }
    }

    /// Asks for as many processes as are to be parked.
    void refill() {
        for (const start_method method : start_methods) refill(method);
    }

    /// Does the same when less than half of them are left: between calls there is a better time for
    /// it.
    void refill_when_low() {
        for (const start_method method : start_methods) {
            if (seats_.count_idle(method) * 2 < parked_at_most_[method]) refill(method);
        }
    }

    /// Sends what was asked for.
    void flush() { fork_server_.flush(); }

    /// The seat's process could not be forked, or ended before it was ready for a call.
    void failed(std::uint32_t index, clock::time_point now) noexcept {
        starts_[seats_[index].method].failed(now);
    }
    void succeeded(std::uint32_t index) noexcept { starts_[seats_[index].method].succeeded(); }

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
        auto next = restful_functions::detail::earliest(
            {seats_.next_deadline(), next_trim(), backoff_.retry_at(), watchdog_.due()});
        for (const start_method method : start_methods) {
            next = restful_functions::detail::earliest({next, starts_[method].retry_at()});
        }
        return next;
    }

    /// A call has been given to a process, whose end only the fork server hears of.
    void watch_fork_server() noexcept { watchdog_.arm(clock::now()); }

    /// The fork server has reported something.
    void answered() noexcept { watchdog_.answered(); }

    /// Kills the processes that were to be gone by now, and tries again what has failed. false: the
    /// fork server does not answer any more.
    [[nodiscard]] bool take_due_deadlines(clock::time_point now) {
        for (const seat_phase phase : {seat_phase::calling, seat_phase::leaving}) {
            for (const std::uint32_t index : seats_.in(phase)) {
                if (auto& kill_at = seats_[index].kill_at; kill_at && *kill_at <= now) {
                    kill_at = now + kill_time;
                    kill(index, SIGKILL);
                    watchdog_.arm(now);
                }
            }
        }
        kill_those_not_ready(now);
        for (const seat_phase phase : {seat_phase::calling, seat_phase::idle}) {
            for (const std::uint32_t index : seats_.in(phase)) {
                auto& start_by = seats_[index].start_by;
                if (!start_by || *start_by > now) continue;
                start_by.reset();
                if (stage_of(index) == start_stage::run) kill(index, SIGKILL);
            }
        }
        for (auto due = next_trim(); due && *due <= now; due = next_trim()) {
            dismiss(*kept_longest());
        }
        for (const start_method method : start_methods) {
            [[maybe_unused]] const bool again = starts_[method].take_due(now);
        }
        if (backoff_.take_due(now) && !fork_server_.up()) start_fork_server(now);
        if (seats_.count(seat_phase::calling) > 0) watchdog_.arm(now);
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

    /// Also where a function has no grace when it is stopped, its process may write what it has
    /// left when it has returned.
    static constexpr std::chrono::milliseconds least_grace{1000};
    /// What was killed and has not ended is killed again.
    static constexpr std::chrono::seconds kill_time{5};
    /// A new run of the program gets this long to reach the start of its server.
    static constexpr std::chrono::seconds run_time{60};
    /// Of the processes that wait for another call of their function, more than `warm_processes`
    /// wait no longer than this.
    static constexpr std::chrono::seconds keep_time{10};

 private:
    [[nodiscard]] clock::time_point end_of_grace(std::uint32_t index) const noexcept {
        return restful_functions::detail::after(clock::now(),
                                                std::max(seats_[index].grace, least_grace));
    }

    /// A call that was given to such a process gets another one.
    void kill_those_not_ready(clock::time_point now) {
        for (const seat_phase phase : phases_of_rewound) {
            for (const std::uint32_t index : seats_.in(phase)) {
                auto& ready_by = seats_[index].ready_by;
                if (!ready_by || *ready_by > now) continue;
                ready_by.reset();
                if (!is_busy_with_last_call(index)) continue;
                kill(index, SIGKILL);
                watchdog_.arm(now);
            }
        }
    }

    /// Each is as large as the program, and shares nothing with it.
    static constexpr std::size_t most_parked_runs = 2;

    /// Whether any function is called in copies of the program.
    static bool has_forked_calls(const program& work) {
        for (std::uint32_t entry = 0; entry < work.functions(); ++entry) {
            if (work.policy_of(entry).isolation != isolation::spawn) return true;
        }
        return false;
    }

    /// So many processes are parked that were started like that: those that the program's functions
    /// may want, which share the slots where they are few.
    static by_start_method<std::size_t> parked_of(const program& work,
                                                  const executor_options& options) {
        by_start_method<bool> wanted;
        for (std::uint32_t entry = 0; entry < work.functions(); ++entry) {
            wanted[start_method_for(work.policy_of(entry).isolation, work.has_hook())] = true;
        }
        const auto kinds =
            static_cast<std::size_t>(std::count(wanted.values.begin(), wanted.values.end(), true));
        by_start_method<std::size_t> parked;
        if (kinds == 0) wanted[start_method::fork] = true;
        const std::size_t share = options.max_processes / std::max(kinds, std::size_t{1});
        for (const start_method method : start_methods) {
            if (wanted[method]) parked[method] = std::min(options.warm_processes, share);
        }
        parked[start_method::spawn] = std::min(parked[start_method::spawn], most_parked_runs);
        return parked;
    }

    void refill(start_method method) {
        while (seats_.count_idle(method) < parked_at_most_[method] && spawn(method)) {
        }
    }

    bool spawn(start_method method) {
        if (!fork_server_.up() || starts_[method].retry_at() ||
            seats_.count(seat_phase::vacant) == 0) {
            return false;
        }
        const std::uint32_t index = seats_.any_vacant();
        fork_server_.arena().clear(index, std::exchange(seats_[index].used, 0));
        at(index).header().entry = expected_;
        seats_[index].method = method;
        respawn(index);  // where there is no memory for that, the seat stays vacant
        seats_.occupy(index, method);
        return true;
    }

    [[nodiscard]] std::optional<std::uint32_t> parked_process(start_method method) const noexcept {
        return idle_where([this, method](std::uint32_t index) {
            return seats_[index].method == method && state_of(index) == slot_state::parked;
        });
    }

    [[nodiscard]] std::optional<std::uint32_t> any_idle(start_method method) const noexcept {
        return idle_where(
            [this, method](std::uint32_t index) { return seats_[index].method == method; });
    }

    template <typename Condition>
    [[nodiscard]] std::optional<std::uint32_t> idle_where(Condition holds) const noexcept {
        const auto& idle = seats_.in(seat_phase::idle);
        const auto found = std::find_if(idle.begin(), idle.end(), holds);
        return found != idle.end() ? std::optional(*found) : std::nullopt;
    }

    /// Where all slots are taken and none is about to become free, ends a process that the call
    /// which wants one cannot have: one that waits for a call of another function, or was started
    /// otherwise.
    void make_room() {
        if (seats_.count(seat_phase::vacant) + seats_.count(seat_phase::leaving) > 0) return;
        const auto oldest = kept_longest();
        const auto& idle = seats_.in(seat_phase::idle);
        if (oldest || !idle.empty()) dismiss(oldest ? *oldest : idle.front());
    }

    [[nodiscard]] std::optional<std::uint32_t> kept_longest() const noexcept {
        const auto& kept = seats_.in(seat_phase::kept);
        const auto longest =
            std::min_element(kept.begin(), kept.end(), [this](std::uint32_t a, std::uint32_t b) {
                return seats_[a].kept_since < seats_[b].kept_since;
            });
        return longest != kept.end() ? std::optional(*longest) : std::nullopt;
    }

    [[nodiscard]] std::optional<clock::time_point> next_trim() const noexcept {
        if (seats_.count(seat_phase::kept) <= warm_) return std::nullopt;
        return seats_[*kept_longest()].kept_since + keep_time;
    }

    void start_fork_server(clock::time_point now) {
        started_at_ = now;
        try {
            fork_server_.start();
        } catch (const std::exception&) {  // the system's reason, or no memory
            backoff_.failed(now);
        }
    }

    std::size_t warm_;
    bool has_hook_;
    by_start_method<std::size_t> parked_at_most_;
    std::uint32_t expected_ = 0;
    fork_server_link fork_server_;
    clock::time_point started_at_ = clock::now();  ///< of the last attempt to start the fork server
    clock::time_point lost_at_;                    ///< when the last one died
    seating seats_;
    backoff backoff_;                  ///< of the fork server
    by_start_method<backoff> starts_;  ///< of the processes
    watchdog watchdog_;
};

}  // namespace restful_functions::process
