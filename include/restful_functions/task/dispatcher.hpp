/// dispatcher: starts calls within their functions' limits, lets the others wait, ends those that
/// take too long, and tells who wants to know.
#pragma once

#include <restful_functions/detail/earliest.hpp>
#include <restful_functions/function/registry.hpp>
#include <restful_functions/process/events.hpp>
#include <restful_functions/process/outcome.hpp>
#include <restful_functions/task/call.hpp>
#include <restful_functions/task/call_executor.hpp>
#include <restful_functions/task/ending.hpp>
#include <restful_functions/task/known_tasks.hpp>
#include <restful_functions/task/listeners.hpp>
#include <restful_functions/task/live_task.hpp>
#include <restful_functions/task/queues.hpp>
#include <restful_functions/task/record.hpp>
#include <restful_functions/task/table.hpp>
#include <restful_functions/task/time.hpp>
#include <restful_functions/task/uuid.hpp>
#include <restful_functions/task/waiting_limits.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace restful_functions::task {

/// Knows the tasks that wait and that run: which call of the executor each of them is, until when
/// it may run, and who waits for it. What has ended is the store's.
template <call_executor Executor, store Store = table, class Clock = clock>
class dispatcher {
 public:
    /// The first three must outlive the dispatcher; the registry does not change any more.
    dispatcher(const registry& functions, Executor& executor, Store& tasks,
               const waiting_limits& waiting = {})
        : functions_(functions),
          executor_(executor),
          tasks_(tasks),
          most_waiting_(waiting),
          known_(functions.size()) {}
    dispatcher(const dispatcher&) = delete;
    dispatcher& operator=(const dispatcher&) = delete;

    /// Runs the call, or lets it wait: for a process, or for another call of a function that has a
    /// queue.
    [[nodiscard]] start_result start(call wanted) {
        if (drains_) return draining{};
        const function_definition& definition = functions_.at(wanted.function);
        const uuid id = ids_.next();
        std::optional<process::call_id> started;
        if (has_room(wanted.function) && queued(wanted.function) == 0)
            started = executor_.start(wanted.function, wanted.body, {id.to_string(), wanted.trace});
        if (!started && is_over_concurrency(wanted.function))
            return over_max_concurrency{definition.max_concurrency};
        if (!started && !may_wait(wanted)) return no_process_left{};

        enter(id, wanted, definition.timeout, started);
        return id;
    }

    /// To be wired to the executor: the call has ended like this.
    void end(process::call_id call, process::outcome&& how) {
        const auto known = known_.by_call.find(call);
        if (known == known_.by_call.end()) return;
        const uuid& id = known->second;
        live_task& task = known_.live.find(id)->second;
        known_.end_run(id, task);
        known_.leaving[id] = {call, std::exchange(task.on_gone, {})};
        conclude(id, task.wish ? task.wish->granted(Clock::now()) : judge(std::move(how)));
    }

    /// To be wired to the executor: the process of a call that has ended is gone, and left this.
    void depart(process::call_id call, process::departure&& left) {
        const auto known = known_.by_call.find(call);
        if (known == known_.by_call.end()) return start_waiting();
        const auto gone = known_.leaving.extract(known->second);
        known_.by_call.erase(known);
        tasks_.depart(gone.key(), std::move(left));
        start_waiting();
        for (const auto& tell : gone.mapped().on_gone) tell();
        tasks_.expire(Clock::now().steady);
    }

    /// To be wired to the executor: a watched call has news.
    void tell_news(process::call_id call) {
        const auto known = known_.by_call.find(call);
        if (known != known_.by_call.end() && on_news_) on_news_(known->second);
    }

    /// Has `tell` called with each news of a task that is watched.
    void hear_news(std::function<void(const uuid&)> tell) { on_news_ = std::move(tell); }

    /// Has the next news of a running task told, of its progress or its log. Once.
    void watch(const uuid& id) {
        if (const auto call = known_.call_of(id)) executor_.watch(*call);
    }

    /// The same for all that run now.
    void watch_all() {
        for (const auto& [id, task] : known_.live) watch(id);
    }

    /// Ends the task, which has its function's grace to clean up. `on_gone` is called when it has
    /// ended and its process is gone, at once if that is so already.
    void terminate(const uuid& id, std::function<void()> on_gone) {
        if (const auto found = known_.live.find(id); found != known_.live.end())
            stop(id, found->second, stop_reason::terminated);
        when_gone(id, std::move(on_gone));
    }

    /// Ends the task as terminate() does, for its client has gone.
    void abandon(const uuid& id) {
        if (const auto found = known_.live.find(id); found != known_.live.end())
            stop(id, found->second, stop_reason::abandoned);
    }

    /// Terminates all tasks of the function that wait or run now.
    void terminate_function(std::uint32_t function, const std::function<void()>& on_gone) {
        auto remaining = std::make_shared<std::size_t>(0);
        const std::function<void()> count_down = [remaining, on_gone] {
            if (--*remaining == 0) on_gone();
        };
        for (auto& [id, task] : known_.live) {
            if (task.function != function) continue;
            ++*remaining;
            stop(id, task, stop_reason::terminated);
            task.on_gone.push_back(count_down);
        }
        if (*remaining == 0) on_gone();
    }

    /// Terminates all tasks.
    void terminate_all() {
        for (auto& [id, task] : known_.live) stop(id, task, stop_reason::terminated);
    }

    /// Terminates all tasks, also those that have not used up their grace, without any.
    void kill_all() {
        terminate_all();
        for (auto& [id, task] : known_.live) {
            if (task.call) executor_.stop(*task.call, std::chrono::milliseconds(0));
        }
    }

    /// Refuses each start() from now on.
    void drain() noexcept { drains_ = true; }
    [[nodiscard]] bool drains() const noexcept { return drains_; }

    /// Ends what is over its time, tasks and kept results, and what was terminated while it
    /// waited. Call it at next_deadline().
    void meet_deadlines() {
        for (const uuid& id : std::exchange(given_up_, {}))
            conclude(id, known_.live.find(id)->second.wish->granted(Clock::now()));
        const time_point now = Clock::now().steady;
        while (!known_.deadlines.empty() && known_.deadlines.begin()->first <= now) {
            const uuid late = known_.deadlines.extract(known_.deadlines.begin()).value().second;
            stop(late, known_.live.find(late)->second, stop_reason::timed_out);
        }
        tasks_.expire(now);
        if (retry_at_ && *retry_at_ <= now) start_waiting();
    }

    /// When meet_deadlines() has work. Changes with every other member that is not const.
    [[nodiscard]] std::optional<time_point> next_deadline() const {
        if (!given_up_.empty()) return time_point();  // in the past, and fit for a subtraction
        return restful_functions::detail::earliest(
            {tasks_.next_expiry(), known_.next_deadline(), retry_at_});
    }

    /// Calls `on_gone` when the task has ended and its process is gone; at once if that is so
    /// already, or if there is no such task.
    void when_gone(const uuid& id, std::function<void()> on_gone) {
        known_.when_gone(id, std::move(on_gone));
    }

    /// Has `tell` called when the task ends. nullopt: there is none, or it has ended.
    std::optional<listeners::number> listen(const uuid& id, listener tell) {
        return known_.listen(id, std::move(tell));
    }

    /// A reader gets the result of a task, if it has ended.
    void deliver(const uuid& id, std::string_view reader) noexcept { tasks_.deliver(id, reader); }

    /// Forgets results of so many bytes, or all. false: there was none, or somebody is being told
    /// of one.
    bool make_room(std::size_t bytes) { return !is_telling_ && tasks_.make_room(bytes); }

    /// Forgets who listens to a task, if it has not ended.
    void forget(const uuid& id, listeners::number which) { known_.forget(id, which); }

    /// The place of a queued task: 1 for the next of its function. nullopt: it is not queued.
    [[nodiscard]] std::optional<std::size_t> position(const uuid& id) const {
        const auto found = known_.live.find(id);
        if (found == known_.live.end() || !found->second.place) return std::nullopt;
        return queues_.position(*found->second.place);
    }

    /// What a running task last told of its progress, if anything.
    [[nodiscard]] std::optional<process::progress_report> progress(const uuid& id) const {
        const auto call = known_.call_of(id);
        return call ? executor_.progress(*call) : std::nullopt;
    }

    /// The log of a task whose process is not gone; afterwards its record has it.
    [[nodiscard]] process::log_excerpt log(const uuid& id) const {
        const auto call = known_.call_of(id);
        return call ? executor_.log(*call) : process::log_excerpt();
    }

    /// Whether calls that find no process are refused, except small ones of functions of which few
    /// wait.
    [[nodiscard]] bool is_full() const noexcept {
        return without_process() >= most_waiting_.calls ||
               queues_.taken().bytes >= most_waiting_.bytes;
    }
    /// The calls that wait for a process, without those that have a place in the queue of their
    /// function.
    [[nodiscard]] std::size_t without_process() const noexcept { return queues_.taken().calls; }

    /// Whether no task runs or waits.
    [[nodiscard]] bool idle() const noexcept { return known_.live.empty(); }
    [[nodiscard]] std::size_t running(std::uint32_t function) const {
        return known_.running[function];
    }
    [[nodiscard]] std::size_t queued(std::uint32_t function) const {
        return queues_.size(function);
    }

 private:
    using live_task = detail::live_task;

    static constexpr std::chrono::milliseconds retry_time{100};

    [[nodiscard]] bool has_room(std::uint32_t function) const {
        const auto limit = functions_.at(function).max_concurrency;
        return limit == 0 || running(function) < limit;
    }

    // Whether as many calls of the function run and wait as its own limits allow.
    [[nodiscard]] bool is_over_concurrency(std::uint32_t function) const {
        const function_definition& its = functions_.at(function);
        const std::size_t waiting = queued(function);
        return its.max_concurrency != 0 && waiting >= its.max_queued &&
               running(function) + (waiting - its.max_queued) >= its.max_concurrency;
    }

    // Whether the call would have a place in the queue of its function, and take no other room.
    [[nodiscard]] bool has_place(std::uint32_t function) const {
        return queued(function) < functions_.at(function).max_queued;
    }

    [[nodiscard]] bool may_wait(const call& wanted) const {
        if (has_place(wanted.function)) return true;
        const bool is_of_few =
            queued(wanted.function) < std::min(most_waiting_.calls_of_each, most_waiting_.calls);
        if (is_of_few && wanted.body.size() <= waiting_limits::small_body) return true;
        const std::size_t taken = queues_.taken().bytes;
        const bool fits = taken == 0 || taken + wanted.body.size() <= most_waiting_.bytes;
        return fits && (is_of_few || without_process() < most_waiting_.calls);
    }

    // A new task, which runs if its call was started and waits otherwise. Where there is no memory
    // for all of it, it was never there.
    void enter(const uuid& id, call& wanted, std::chrono::milliseconds timeout,
               std::optional<process::call_id> started) try {
        const moment now = Clock::now();
        live_task& added = known_.add(id, wanted.function, timeout, now.steady, wanted.timeout);
        tasks_.insert(id, wanted.function, wanted.owner, now.wall);
        if (started) {
            run(id, added, *started, now);
        } else {
            added.body = wanted.body;
            added.trace = wanted.trace;
            const shared_room takes =
                has_place(wanted.function) ? shared_room{} : shared_room{1, wanted.body.size()};
            known_.begin_wait(id, added, queues_.join(wanted.function, id, now.steady, takes));
        }
        // Last: where one of the others throws, the caller says so and nobody else does.
        if (wanted.on_end) added.on_end.add(std::move(wanted.on_end));
    } catch (...) {
        if (const auto place = known_.withdraw(id)) queues_.leave(*place);
        tasks_.withdraw(id);
        if (started)
            executor_.stop(*started, std::chrono::milliseconds(0));  // nobody's from now on
        throw;
    }

    // A new task, or one that has waited. If memory runs out, it does not run.
    void run(const uuid& id, live_task& task, process::call_id call, const moment& now) {
        known_.begin_run(id, task, call, now.steady);
        if (task.place) {
            queues_.leave(*std::exchange(task.place, std::nullopt));
            task.body = {};
        }
        tasks_.run(id, now, between(task.arrived, now.steady));
    }

    // Where memory is short, those that wait go on waiting, and there is another try soon.
    void start_waiting() noexcept try {
        retry_at_.reset();
        const auto at_work = [this](std::uint32_t function) {
            return has_room(function) ? std::optional(running(function)) : std::nullopt;
        };
        while (const auto id = queues_.next(at_work)) {
            live_task& task = known_.live.at(*id);
            const auto call =
                executor_.start(task.function, task.body, {id->to_string(), task.trace});
            if (!call) return;  // when one of the processes at work ends there is another try
            try {
                run(*id, task, *call, Clock::now());
            } catch (...) {
                if (!task.call) executor_.stop(*call, std::chrono::milliseconds(0));
                throw;
            }
        }
    } catch (const std::exception&) {
        retry_at_ = Clock::now().steady + retry_time;
    }

    void leave_queue(const uuid& id, live_task& task) {
        queues_.leave(*task.place);
        known_.end_wait(id, task);
    }

    // The first wish stays: who comes later finds the task ending already.
    void stop(const uuid& id, live_task& task, stop_reason reason) {
        if (task.wish) return;
        if (task.place) {
            given_up_.reserve(given_up_.size() + 1);
            leave_queue(id, task);
            given_up_.push_back(id);
        } else if (!executor_.stop(*task.call, functions_.at(task.function).grace)) {
            return;  // its result is about to be reported
        }
        task.wish = {reason, Clock::now()};
    }

    void conclude(const uuid& id, ending&& how) {
        const auto ended = known_.live.extract(id);
        const moment now = Clock::now();
        const record& kept = tasks_.finish(id, std::move(how), now);
        start_waiting();
        is_telling_ = true;
        ended.mapped().on_end.tell(kept);
        is_telling_ = false;
        for (const auto& tell : ended.mapped().on_gone) tell();
        // Not before everybody was told: where nothing is kept, the record goes here.
        tasks_.expire(now.steady);
    }

    const registry& functions_;
    Executor& executor_;
    Store& tasks_;
    waiting_limits most_waiting_;
    uuid_source ids_;
    detail::known_tasks known_;
    queues queues_;
    std::vector<uuid> given_up_;          // to be concluded
    std::optional<time_point> retry_at_;  // set if memory ran out while calls were started
    std::function<void(const uuid&)> on_news_;
    bool is_telling_ = false;  // of a record, which has to stay
    bool drains_ = false;
};

}  // namespace restful_functions::task
