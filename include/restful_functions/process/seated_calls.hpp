/// seated_calls: the calls that have a process, from the hand-over to the end of the process, or to
/// its next call.
#pragma once

#include <restful_functions/detail/after.hpp>
#include <restful_functions/detail/usable_processors.hpp>
#include <restful_functions/process/announcements.hpp>
#include <restful_functions/process/events.hpp>
#include <restful_functions/process/hand_over.hpp>
#include <restful_functions/process/isolation.hpp>
#include <restful_functions/process/news.hpp>
#include <restful_functions/process/outcome.hpp>
#include <restful_functions/process/process_pool.hpp>
#include <restful_functions/process/program.hpp>
#include <restful_functions/process/protocol.hpp>
#include <restful_functions/process/seat.hpp>
#include <restful_functions/process/slot.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace restful_functions::process {

/// What a call is stopped with that has so long to clean up.
[[nodiscard]] constexpr int first_signal(std::chrono::milliseconds grace) noexcept {
    return grace.count() > 0 ? SIGTERM : SIGKILL;
}

class seated_calls {
 public:
    using clock = std::chrono::steady_clock;

    seated_calls(const program& work, std::size_t max_payload, process_pool& pool,
                 announcements& told)
        : work_(work), max_payload_(max_payload), pool_(pool), told_(told) {}

    /// Hands a call over. false: there is no process for it now.
    bool place(call_id call, std::uint32_t entry, std::string_view input, const call_labels& labels,
               std::optional<clock::time_point> give_up_at = std::nullopt) {
        const isolation how = isolation_of(entry);
        const auto index = how == isolation::process ? pool_.idle_process(pool_.method_for(how))
                                                     : pool_.kept_or_idle_process(entry, how);
        if (!index) return false;
        pool_.expect(entry);
        pool_.watch_fork_server();
        if (running().empty()) look_at_ = clock::now() + look_again;
        pool_.seats().call(*index, call);
        seat& taken = pool_.seats()[*index];
        taken.entry = entry;
        taken.used = input.size();
        taken.give_up_at = give_up_at;
        taken.grace = work_.policy_of(entry).grace;
        // Where processors are idle the server wakes up on the one that the process has just used:
        // ending at once, it would stand in the way of its own answer.
        pool_.at(*index).header().gives_way = running().size() < processors_;
        hand_over(pool_.at(*index), entry, how, input, labels);
        return true;
    }

    /// How the process is started that a function's call wants.
    [[nodiscard]] start_method method_for(std::uint32_t entry) const {
        return pool_.method_for(isolation_of(entry));
    }

    /// Asks a call to end; what executor::stop() returns. nullopt: it has no process.
    std::optional<bool> stop(call_id call, std::chrono::milliseconds grace) {
        const auto index = pool_.seats().find(call, seat_phase::calling);
        if (!index) return std::nullopt;
        if (pool_.state_of(*index) == slot_state::done) {
            finish(*index);  // its process may never say so
            return false;
        }
        seat& stopped = pool_.seats()[*index];
        stopped.stopped = true;
        const auto kill_at = restful_functions::detail::after(
            clock::now(), std::max(grace, std::chrono::milliseconds{0}));
        stopped.kill_at = std::min(kill_at, stopped.kill_at.value_or(kill_at));
        pool_.at(*index).header().stop_requested.store(1, std::memory_order_relaxed);
        pool_.kill(*index, first_signal(grace));
        pool_.flush();
        return true;
    }

    [[nodiscard]] std::optional<progress_report> progress(call_id call) const {
        const auto index = pool_.seats().find(call, seat_phase::calling);
        return index ? take_progress(pool_.at(*index)) : std::nullopt;
    }

    [[nodiscard]] log_excerpt log(call_id call) const {
        for (const seat_phase phase :
             {seat_phase::calling, seat_phase::settling, seat_phase::leaving}) {
            if (const auto index = pool_.seats().find(call, phase)) return pool_.log(*index);
        }
        return {};
    }

    /// Has the next news of a call told, once. false: it has no process.
    bool watch(call_id call) {
        const auto index = pool_.seats().find(call, seat_phase::calling);
        if (!index) return false;
        pool_.seats()[*index].awaits_news = true;
        watch_news(pool_.at(*index).header());
        return true;
    }

    /// When to look for results that nothing was signalled of: any process can read the descriptor
    /// that all of them signal with, and so take the signals of the others.
    [[nodiscard]] std::optional<clock::time_point> next_look() const noexcept {
        return running().empty() ? std::nullopt : std::optional(look_at_);
    }

    /// Takes what processes have done: results, and news that are waited for.
    void collect_results() {
        look_at_ = clock::now() + look_again;
        // From the end: ending a call takes it out of the list.
        for (std::size_t i = running().size(); i-- > 0;) {
            const std::uint32_t index = running()[i];
            if (pool_.state_of(index) == slot_state::done) {
                finish(index);
            } else if (seat& its = pool_.seats()[index];
                       its.awaits_news &&
                       pool_.at(index).header().has_news.load(std::memory_order_acquire) != 0) {
                its.awaits_news = false;
                told_.news(its.call);
            }
        }
    }

    void on_log_carried(std::uint32_t index) {
        if (pool_.seats()[index].phase == seat_phase::settling) keep(index);
    }

    void on_exited(std::uint32_t index, const report& exit) {
        seat& ended = pool_.seats()[index];
        if (ended.phase == seat_phase::idle) {
            pool_.failed(index, clock::now());
            if (is_starting(index)) report_start(index, outcome_of_wait_status(exit.value));
        }
        if (WIFSIGNALED(exit.value) && !ended.stopped && is_behind_result(index))
            tell_of_end(exit.value);
        if (ended.phase == seat_phase::idle || ended.phase == seat_phase::kept) {
            return pool_.seats().vacate(index);
        }
        report of_call = exit;
        of_call.used = ended.phase == seat_phase::settling ? ended.used_by_last
                                                           : exit.used.since(ended.used_by_all);
        if (ended.phase == seat_phase::calling) {
            const call_policy its = work_.policy_of(ended.entry);
            const slot_state state = pool_.state_of(index);
            const bool has_failed = is_starting(index);
            if (state == slot_state::done) {
                end(index, take_result(pool_.at(index), its.limits.memory));
            } else if (has_failed) {
                outcome how = end_of_process(pool_.at(index), of_call, its.limits);
                if (!ended.stopped) {
                    if (pool_.stage_of(index) == start_stage::run) how = lost{end_of_run(how)};
                    report_start(index, how);
                    pool_.failed(index, clock::now());
                }
                end(index, std::move(how));
            } else if (state == slot_state::called && ended.stopped && WIFEXITED(exit.value)) {
                end(index, crashed{SIGTERM, std::nullopt, {}});  // it never ran
            } else if (state != slot_state::called || ended.stopped) {
                end(index, end_of_process(pool_.at(index), of_call, its.limits));
            } else if (ended.restarts++ < max_restarts) {
                return pool_.respawn(index);  // the call still lies in the slot
            } else {
                end(index, lost{"no process lived long enough to take the call: the last " +
                                describe(outcome_of_wait_status(exit.value))});
            }
        }
        depart(index, of_call.used);
        vacate(index);
    }

    /// All processes are gone. A call that has its result keeps it.
    void lose(const std::string& why) {
        collect_results();
        while (!running().empty()) end(running().back(), lost{why});
        for (const seat_phase phase : {seat_phase::settling, seat_phase::leaving}) {
            for (const std::uint32_t index : pool_.seats().in(phase)) {
                const seat& gone = pool_.seats()[index];
                depart(index, phase == seat_phase::settling ? gone.used_by_last : usage{});
            }
        }
    }

 private:
    /// A call is handed to so many further processes when one ends before it takes the call.
    static constexpr int max_restarts = 3;
    static constexpr std::chrono::seconds look_again{1};

    /// The seats that have a call.
    [[nodiscard]] const std::vector<std::uint32_t>& running() const noexcept {
        return pool_.seats().in(seat_phase::calling);
    }

    /// How the calls of a function are kept apart, as far as the system lets them be.
    [[nodiscard]] isolation isolation_of(std::uint32_t entry) const {
        const isolation wanted = work_.policy_of(entry).isolation;
        return wanted == isolation::rewind && cannot_rewind_ ? isolation::process : wanted;
    }

    /// Whether the seat's process has a result behind it and nothing of another call before it.
    [[nodiscard]] bool is_behind_result(std::uint32_t index) const noexcept {
        switch (pool_.seats()[index].phase) {
            case seat_phase::vacant:
            case seat_phase::idle:
                return false;
            case seat_phase::calling:
                return pool_.state_of(index) == slot_state::done ||
                       pool_.is_busy_with_last_call(index);
            case seat_phase::settling:
            case seat_phase::kept:
                return pool_.is_busy_with_last_call(index);
            case seat_phase::leaving:
                return true;
        }
        return false;
    }

    /// The call has its outcome already.
    static void tell_of_end(int status) {
        std::fprintf(stderr,
                     "restful-functions: the process of a call that had ended was %s, by an exit "
                     "handler, the destructor of a static object or a thread that was left\n",
                     describe(outcome_of_wait_status(status)).c_str());
    }

    /// What is in the way is in the program, and so in every process of its calls.
    void rewind_no_more(mark_refusal why) {
        cannot_rewind_ = true;
        const char* const reason = describe(why);
        std::fprintf(stderr,
                     "restful-functions: isolation::rewind is isolation::process here: %s\n",
                     reason);
    }

    /// Whether the seat's process was not ready for calls when it ended, or said that it failed.
    [[nodiscard]] bool is_starting(std::uint32_t index) const noexcept {
        return pool_.stage_of(index) != start_stage::ready;
    }

    [[nodiscard]] static std::string end_of_run(const outcome& how) {
        return "a new run of the program did not reach the start of its server: " + describe(how);
    }

    /// Says so once until a call succeeds again.
    void report_start(std::uint32_t index, const outcome& how) {
        if (std::exchange(start_is_reported_, true)) return;
        const bool is_run = pool_.stage_of(index) == start_stage::run;
        std::fprintf(stderr, "restful-functions: %s failed: %s\n",
                     is_run ? "isolation::spawn" : "on_process_start", describe(how).c_str());
    }

    /// The call has its outcome; its process is to go.
    void end(std::uint32_t index, outcome&& how) {
        const auto* result = std::get_if<returned>(&how);
        seat& ended = pool_.seats()[index];  // a failed call may have written anywhere in its slot
        ended.used = result != nullptr
                         ? std::max(ended.used, result->type.size() + result->bytes.size())
                         : max_payload_;
        told_.end(ended.call, std::move(how));
        pool_.leave(index);
    }

    /// The call has its result; its process goes, or waits for another call.
    void finish(std::uint32_t index) {
        seat& ended = pool_.seats()[index];
        const call_policy its = work_.policy_of(ended.entry);
        const stay left = take_stay(pool_.at(index));
        outcome how = take_result(pool_.at(index), its.limits.memory);
        const bool is_full = std::holds_alternative<out_of_memory>(how);
        const isolation how_kept = isolation_of(ended.entry);
        if (how_kept == isolation::rewind && left.why_not_rewound != mark_refusal::none)
            rewind_no_more(left.why_not_rewound);
        // One that stays may run the hook for its next call by now.
        if (!left.stays && is_starting(index)) {
            report_start(index, how);
            pool_.failed(index, clock::now());
        } else {
            pool_.succeeded(index);
            start_is_reported_ = false;
        }
        end(index, std::move(how));
        if (how_kept == isolation::process) return;
        // A signal may be under way to a process that was told to stop.
        if (!left.stays || ended.stopped || is_full || ++ended.calls >= its.worker_calls ||
            !left.used.can_follow(ended.used_by_all)) {
            return pool_.dismiss(index);
        }
        ended.used_by_last = left.used.since(ended.used_by_all);
        ended.used_by_all = left.used;
        if (how_kept == isolation::rewind) pool_.await_ready(index);
        if (pool_.settle(index, !left.has_unlogged && pool_.log_is_settled(index))) keep(index);
    }

    /// All that is to be known of the last call of a settled process is.
    void keep(std::uint32_t index) {
        depart(index, pool_.seats()[index].used_by_last);
        pool_.keep(index);
    }

    /// The process of a call is gone. What was large gives its memory back now: the slot's next
    /// process may be long in coming.
    void vacate(std::uint32_t index) {
        std::size_t& used = pool_.seats()[index].used;
        if (used > slot_arena::kept_bytes) {
            pool_.link().arena().clear(index, std::exchange(used, 0));
        }
        pool_.seats().vacate(index);
    }

    /// Once for each call: a process that was kept leaves without one.
    void depart(std::uint32_t index, const usage& used) {
        const call_id call = std::exchange(pool_.seats()[index].call, call_id{});
        if (call != call_id{}) told_.depart(call, {used, pool_.log(index)});
    }

    const program& work_;
    std::size_t max_payload_;
    process_pool& pool_;
    announcements& told_;
    clock::time_point look_at_;
    std::size_t processors_ = restful_functions::detail::usable_processors();
    bool cannot_rewind_ = false;
    bool start_is_reported_ = false;
};

}  // namespace restful_functions::process
