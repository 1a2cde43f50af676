/// executor: runs calls in processes of their own and tells how each of them ended. Owns no loop
/// and never blocks.
#pragma once

#include <restful_functions/process/executor_options.hpp>
#include <restful_functions/process/hand_over.hpp>
#include <restful_functions/process/operating_system.hpp>
#include <restful_functions/process/outcome.hpp>
#include <restful_functions/process/process_pool.hpp>
#include <restful_functions/process/program.hpp>
#include <restful_functions/process/protocol.hpp>
#include <restful_functions/process/seat.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
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

/// How many of each there are.
struct census {
    std::size_t running = 0;   ///< calls with a process
    std::size_t waiting = 0;   ///< calls that wait for one
    std::size_t parked = 0;    ///< processes that wait for a call
    std::size_t starting = 0;  ///< processes that will do so
    std::size_t leaving = 0;   ///< processes whose call has ended
};

/// Used from one thread. Whoever owns the loop watches `descriptor()` for reading and calls
/// `dispatch()` when it is readable or when `next_deadline()` has come.
class executor {
 public:
    using clock = std::chrono::steady_clock;
    /// Hears the end of each started call, once, from within `dispatch()`. It may start and kill
    /// calls.
    using listener = std::function<void(call_id, outcome&&)>;

    /// Forks the fork server: do it before threads, sockets and client data exist, for the task
    /// processes are copies of what the program is at this moment. `work` and `system` must outlive
    /// the executor. Throws std::invalid_argument for options that make no sense, std::system_error
    /// when the system refuses.
    executor(program& work, executor_options options, listener on_end,
             operating_system& system = operating_system::real())
        : options_(validated(options)), on_end_(std::move(on_end)), pool_(work, options_, system) {}

    /// Hands a call over to a parked process, or to the next one forked. nullopt: `max_processes`
    /// calls are there already. Throws std::length_error for an input above `max_payload` bytes.
    std::optional<call_id> start(std::uint32_t entry, std::string_view input) {
        if (input.size() > options_.max_payload) {
            throw std::length_error("a call's input is larger than max_payload");
        }
        if (running().size() + waiting_.size() >= options_.max_processes) {
            return std::nullopt;
        }
        const call_id call{++last_call_};
        if (!waiting_.empty() || !place(call, entry, input)) {
            waiting_.push_back({call, entry, std::string(input), std::nullopt});
        }
        pool_.refill_when_low();
        pool_.flush();
        return call;
    }

    /// Sends a signal to the process group of a call; one that waits for a process ends as if
    /// killed by it. Nothing happens when the call has ended.
    void kill(call_id call, int signal) {
        if (const auto index = pool_.seats().find(call)) {
            pool_.seats()[*index].kill_signal =
                signal;  // also keeps a call that no process took from another one
            pool_.kill(*index, signal);
            pool_.flush();
        } else if (std::erase_if(waiting_, [call](const waiting_call& next) {
                       return next.call == call;
                   }) > 0) {
            ended_.emplace_back(call, killed{signal});
        }
    }

    [[nodiscard]] int descriptor() const noexcept { return pool_.link().descriptor(); }

    /// Does what has become due: results, ended processes, refills, deadlines.
    void dispatch() {
        take_events();
        pool_.take_due_deadlines(clock::now());
        place_waiting();
        pool_.refill();
        pool_.flush();
        for (auto& [call, how] : std::exchange(ended_, {})) {
            on_end_(call, std::move(how));
        }
    }

    [[nodiscard]] std::optional<clock::time_point> next_deadline() const noexcept {
        return ended_.empty() ? pool_.next_deadline() : clock::time_point::min();
    }

    [[nodiscard]] census count() const noexcept {
        const std::size_t parked = pool_.parked();
        return {.running = running().size(),
                .waiting = waiting_.size(),
                .parked = parked,
                .starting = pool_.seats().count(seat_phase::idle) - parked,
                .leaving = pool_.seats().count(seat_phase::leaving)};
    }

    /// 0 while there is none.
    [[nodiscard]] pid_t fork_server_pid() const noexcept { return pool_.link().pid(); }

 private:
    /// A call is handed to so many further processes when one ends before it takes the call.
    static constexpr int max_restarts = 3;
    /// A call waits this long while the system refuses to fork.
    static constexpr std::chrono::seconds fork_patience{5};

    struct waiting_call {
        call_id call;
        std::uint32_t entry;
        std::string input;
        std::optional<clock::time_point> give_up_at;
    };

    /// The seats that have a call.
    [[nodiscard]] const std::vector<std::uint32_t>& running() const noexcept {
        return pool_.seats().in(seat_phase::calling);
    }

    /// false: there is no process for it now.
    bool place(call_id call, std::uint32_t entry, std::string_view input,
               std::optional<clock::time_point> give_up_at = std::nullopt) {
        const auto index = pool_.idle_process();
        if (!index) {
            return false;
        }
        pool_.seats().call(*index, call);
        pool_.seats()[*index].used = input.size();
        pool_.seats()[*index].give_up_at = give_up_at;
        hand_over(pool_.at(*index), entry, input);
        return true;
    }

    void place_waiting() {
        while (!waiting_.empty()) {
            const waiting_call& first = waiting_.front();
            if (!place(first.call, first.entry, first.input, first.give_up_at)) {
                break;
            }
            waiting_.pop_front();
        }
        const auto since = pool_.without_fork_server_since();
        if (since && clock::now() - *since > fork_patience) {
            for (const waiting_call& next : std::exchange(waiting_, {})) {
                ended_.emplace_back(next.call, lost{"no fork server could be had"});
            }
        }
    }

    void end_call(std::uint32_t index, outcome&& how) {
        const auto* result = std::get_if<returned>(&how);
        seat& ended = pool_.seats()[index];  // a failed call may have written anywhere in its slot
        ended.used =
            result != nullptr ? std::max(ended.used, result->bytes.size()) : options_.max_payload;
        ended_.emplace_back(ended.call, std::move(how));
        pool_.seats().leave(index, clock::now() + process_pool::leave_time);
    }

    void end_call_with_result(std::uint32_t index) {
        end_call(index, take_result(pool_.at(index)));
        pool_.succeeded();
    }

    void collect_results() {
        for (std::size_t i = running().size();
             i-- > 0;) {  // from the end: ending a call takes it out of the list
            if (const std::uint32_t index = running()[i];
                pool_.state_of(index) == slot_state::done) {
                end_call_with_result(index);
            }
        }
    }

    void take_events() {
        const auto events = pool_.link().take_events();
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
        if (pool_.link().receive(packet, count) == transfer::gone) {
            on_fork_server_lost();
        }
        for (const report& next : std::span(packet).first(count)) {
            const std::uint32_t index = next.process.slot;
            if (index >= pool_.seats().size() || next.process != pool_.seats().process(index)) {
                continue;
            }
            switch (next.what) {
                case report::kind::ready:
                    break;
                case report::kind::exited:
                    on_exited(index, next.value);
                    break;
                case report::kind::fork_failed:
                    on_fork_failed(index, next.value);
                    break;
            }
        }
    }

    void on_exited(std::uint32_t index, int wait_status) {
        seat& ended = pool_.seats()[index];
        if (ended.phase == seat_phase::idle) {
            pool_.failed(clock::now());  // it could not even park
        } else if (ended.phase == seat_phase::calling) {
            const slot_state state = pool_.state_of(index);
            if (state == slot_state::done) {
                end_call_with_result(index);
            } else if (state != slot_state::called || ended.kill_signal != 0) {
                end_call(index, outcome_of_wait_status(wait_status));
            } else if (ended.restarts++ < max_restarts) {
                return pool_.respawn(index);  // the call still lies in the slot
            } else {
                end_call(index,
                         lost{"no process lived long enough to take the call: the last one was " +
                              describe(outcome_of_wait_status(wait_status))});
            }
        }
        pool_.seats().vacate(index);
    }

    void on_fork_failed(std::uint32_t index, int error) {
        const auto now = clock::now();
        pool_.failed(now);
        if (const seat& failed = pool_.seats()[index]; failed.phase == seat_phase::calling) {
            const auto give_up_at = failed.give_up_at.value_or(now + fork_patience);
            if (failed.kill_signal != 0) {
                end_call(index, killed{failed.kill_signal});
            } else if (now >= give_up_at) {
                end_call(index, lost{"no process could be forked: " +
                                     std::generic_category().message(error)});
            } else {
                const slot source = pool_.at(index);
                waiting_.push_front({failed.call, source.header().entry,
                                     std::string(source.payload(), failed.used), give_up_at});
            }
        }
        pool_.seats().vacate(index);
    }

    /// What has a result keeps it; what waits for a process goes on waiting; the rest has ended
    /// with its processes.
    void on_fork_server_lost() {
        const std::string why = "the fork server was lost: " + pool_.end_of_fork_server();
        collect_results();
        while (!running().empty()) {
            end_call(running().back(), lost{why});
        }
        pool_.replace_fork_server(clock::now());
    }

    executor_options options_;
    listener on_end_;
    process_pool pool_;
    std::deque<waiting_call> waiting_;  ///< the longest first
    std::vector<std::pair<call_id, outcome>> ended_;
    std::uint64_t last_call_ = 0;
};

}  // namespace restful_functions::process
