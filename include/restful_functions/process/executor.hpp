/// executor: runs calls in processes of their own and tells how each of them ended. Owns no loop
/// and never blocks.
#pragma once

#include <restful_functions/detail/earliest.hpp>
#include <restful_functions/process/announcements.hpp>
#include <restful_functions/process/call_labels.hpp>
#include <restful_functions/process/events.hpp>
#include <restful_functions/process/executor_options.hpp>
#include <restful_functions/process/hand_over.hpp>
#include <restful_functions/process/operating_system.hpp>
#include <restful_functions/process/outcome.hpp>
#include <restful_functions/process/process_pool.hpp>
#include <restful_functions/process/program.hpp>
#include <restful_functions/process/protocol.hpp>
#include <restful_functions/process/seat.hpp>
#include <restful_functions/process/seated_calls.hpp>
#include <restful_functions/process/source_line_finder.hpp>
#include <restful_functions/process/start_method.hpp>
#include <restful_functions/process/waiting_calls.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <unordered_set>
#include <utility>

namespace restful_functions::process {

/// Used from one thread. Whoever owns the loop watches `descriptor()` for reading and calls
/// `dispatch()` when it is readable or when `next_deadline()` has come.
class executor {
 public:
    using clock = std::chrono::steady_clock;

    /// Forks the fork server: do it before threads, sockets and client data exist, for the task
    /// processes are copies of what the program is at this moment. `work` and `system` must outlive
    /// the executor. Throws std::invalid_argument for options that make no sense, std::system_error
    /// when the system refuses.
    executor(program& work, executor_options options, listener hears,
             operating_system& system = operating_system::real())
        : options_(validated(options)),
          listener_(std::move(hears)),
          program_(work),
          pool_(program_, options_, system),
          seated_(program_, options_.max_payload, pool_, told_) {}

    /// Hands a call over to a parked process, or to the next one forked. nullopt: `max_processes`
    /// calls are there already. Throws std::length_error for an input above
    /// `max_payload` bytes.
    std::optional<call_id> start(std::uint32_t entry, std::string_view input,
                                 const call_labels& labels = {}) {
        if (input.size() > options_.max_payload) {
            throw std::length_error("a call's input is larger than max_payload");
        }
        if (running() + waiting_.size() >= options_.max_processes) return std::nullopt;
        const call_id call{++last_call_};
        if (has_to_queue(entry) || !seated_.place(call, entry, input, labels)) {
            waiting_.insert({call, entry, std::string(input), std::string(labels.id),
                             std::string(labels.trace), std::nullopt});
            stop_lookup();
        }
        pool_.refill_when_low();
        pool_.flush();
        return call;
    }

    /// Asks a call to end: SIGTERM to its process group now, and SIGKILL if it has not ended after
    /// `grace`; with a grace of 0 that at once. false: it has ended already, and nothing is done.
    bool stop(call_id call, std::chrono::milliseconds grace) {
        if (const auto stopped = seated_.stop(call, grace)) return *stopped;
        if (waiting_.erase(call)) {
            end_without_process(call, crashed{first_signal(grace), std::nullopt, {}});
            return true;
        }
        return false;
    }

    /// What a running call said of its progress; nullopt when it said nothing, or does not run.
    [[nodiscard]] std::optional<progress_report> progress(call_id call) const {
        return seated_.progress(call);
    }

    /// Has the listener told of the next news of a running call: that it said something of its
    /// progress, or printed something. Until the call is watched again no further ones are told.
    void watch(call_id call) {
        if (!seated_.watch(call) && waiting_.contains(call)) watched_while_waiting_.insert(call);
    }

    /// What a call has printed, the end of it; empty when its process is gone.
    [[nodiscard]] log_excerpt log(call_id call) const { return seated_.log(call); }

    [[nodiscard]] int descriptor() const noexcept { return pool_.link().descriptor(); }

    /// Does what has become due: results, ended processes, refills, deadlines.
    void dispatch() {
        take_events();
        if (!pool_.take_due_deadlines(clock::now())) on_fork_server_lost();
        place_waiting();
        find_lines();
        told_.deliver(listener_);  // first: a client waits for it, and nobody yet for a refill
        pool_.refill();
        pool_.flush();
    }

    [[nodiscard]] std::optional<clock::time_point> next_deadline() const noexcept {
        if (!told_.empty()) return clock::time_point();
        return restful_functions::detail::earliest(
            {seated_.next_look(), pool_.next_deadline(), lines_.give_up_at()});
    }

    [[nodiscard]] census count() const noexcept {
        census all = pool_.count();
        all.waiting = waiting_.size();
        all.running = running();
        return all;
    }

    /// Processes that were asked for so far.
    [[nodiscard]] std::uint64_t forks() const noexcept { return pool_.link().forks(); }

    /// The most calls that there may be.
    [[nodiscard]] std::size_t max_processes() const noexcept { return options_.max_processes; }

    /// 0 while there is none.
    [[nodiscard]] pid_t fork_server_pid() const noexcept { return pool_.link().pid(); }

 private:
    /// A call waits this long while the system refuses to fork.
    static constexpr std::chrono::seconds fork_patience{5};

    /// Whether an older call waits for a process that the function could have.
    [[nodiscard]] bool has_to_queue(std::uint32_t entry) const {
        for (std::size_t i = 0; i < waiting_.size(); ++i) {
            if (seated_.method_for(waiting_[i].entry) == seated_.method_for(entry)) return true;
        }
        return false;
    }

    /// Calls do not wait for those that want a process which is started otherwise.
    void place_waiting() {
        by_start_method<bool> has_none;
        for (std::size_t i = 0; i < waiting_.size();) {
            const waiting_call& next = waiting_[i];
            bool& is_over = has_none[seated_.method_for(next.entry)];
            if (is_over ||
                !seated_.place(next.call, next.entry, next.input, next.labels(), next.give_up_at)) {
                is_over = true;
                ++i;
                continue;
            }
            if (watched_while_waiting_.erase(next.call) != 0) seated_.watch(next.call);
            waiting_.erase_at(i);
        }
        const auto since = pool_.without_fork_server_since();
        if (since && clock::now() - *since > fork_patience) {
            for (const waiting_call& next : waiting_.take()) {
                end_without_process(next.call, lost{"no fork server could be had"});
            }
        }
    }

    /// The calls that have a process, without that of the symbolizer.
    [[nodiscard]] std::size_t running() const noexcept {
        const seating& seats = pool_.seats();
        const bool has_lookup =
            lines_.running() && seats.find(*lines_.running(), seat_phase::calling);
        return seats.count(seat_phase::calling) - (has_lookup ? 1 : 0);
    }

    /// Looks lines up in a process that nobody else wants.
    void find_lines() {
        if (lines_.give_up_at() && *lines_.give_up_at() <= clock::now()) stop_lookup();
        lines_.look(told_, [this](std::string_view places) -> std::optional<call_id> {
            const seating& seats = pool_.seats();
            if (!waiting_.empty() || places.size() > options_.max_payload ||
                seats.count_idle(start_method::fork) + seats.count(seat_phase::vacant) == 0)
                return std::nullopt;
            const std::uint32_t expected = pool_.expected();
            const call_id call{++last_call_};
            const bool has_process =
                seated_.place(call, program_with_symbolizer::entry, places, {});
            pool_.expect(expected);
            return has_process ? std::optional(call) : std::nullopt;
        });
    }

    void stop_lookup() {
        if (!lines_.give_up_at()) return;
        lines_.give_up();
        seated_.stop(*lines_.running(), std::chrono::milliseconds(0));
    }

    void end_without_process(call_id call, outcome&& how) {
        watched_while_waiting_.erase(call);
        told_.end(call, std::move(how));
        told_.depart(call, {});
    }

    void take_events() {
        const auto events = pool_.link().take_events();
        const auto look = seated_.next_look();
        if (events.completions || (look && *look <= clock::now())) seated_.collect_results();
        if (events.reports) take_reports();
    }

    void take_reports() {
        std::array<report, packet_size> packet;
        std::size_t count = 0;
        if (pool_.link().receive(packet, count) == transfer::gone) return on_fork_server_lost();
        if (count > 0) pool_.answered();
        for (const report& next : std::span(packet).first(count)) {
            const std::uint32_t index = next.process.slot;
            if (!pool_.is_of_now(next.process)) continue;
            switch (next.what) {
                case report::kind::ready:
                    break;
                case report::kind::log_carried:
                    seated_.on_log_carried(index);
                    break;
                case report::kind::exited:
                    seated_.on_exited(index, next);
                    break;
                case report::kind::fork_failed:
                    on_fork_failed(index, next.value);
                    break;
            }
        }
    }

    void on_fork_failed(std::uint32_t index, int error) {
        const auto now = clock::now();
        pool_.failed(index, now);
        const seat failed = pool_.seats()[index];
        if (failed.phase == seat_phase::calling) {
            const auto give_up_at = failed.give_up_at.value_or(now + fork_patience);
            if (!failed.stopped && now < give_up_at && failed.call != lines_.running()) {
                const slot its = pool_.at(index);
                const auto text = [](const auto& label) {
                    return std::string(label, ::strnlen(label, sizeof label));
                };
                try {
                    if (failed.awaits_news) watched_while_waiting_.insert(failed.call);
                    waiting_.insert(
                        {failed.call, failed.entry, std::string(its.payload(), failed.used),
                         text(its.header().label), text(its.header().trace), give_up_at});
                } catch (const std::bad_alloc&) {
                    end_without_process(failed.call, lost{"there was no process, and no memory to "
                                                          "let the call wait for one"});
                }
            } else {
                end_without_process(failed.call, lost{"no process could be forked: " +
                                                      std::generic_category().message(error)});
            }
        }
        pool_.seats().vacate(index);
    }

    /// What was never handed over goes on waiting; the rest has ended with its processes.
    void on_fork_server_lost() {
        seated_.lose("the fork server was lost: " + pool_.end_of_fork_server());
        pool_.replace_fork_server(clock::now());
    }

    executor_options options_;
    listener listener_;
    announcements told_;
    source_line_finder lines_;
    program_with_symbolizer program_;
    process_pool pool_;
    seated_calls seated_;
    waiting_calls waiting_;
    std::unordered_set<call_id> watched_while_waiting_;
    std::uint64_t last_call_ = 0;
};

}  // namespace restful_functions::process
