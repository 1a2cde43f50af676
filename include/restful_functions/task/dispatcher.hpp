/// dispatcher: starts calls within their functions' limits, ends those that take too long, and
/// tells who waits.
#pragma once

#include <restful_functions/function/registry.hpp>
#include <restful_functions/process/executor.hpp>
#include <restful_functions/process/outcome.hpp>
#include <restful_functions/task/ending.hpp>
#include <restful_functions/task/record.hpp>
#include <restful_functions/task/table.hpp>
#include <restful_functions/task/uuid.hpp>

#include <chrono>
#include <concepts>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

namespace restful_functions::task {

/// What the dispatcher asks of the layer that runs processes. Each started call is reported once,
/// through dispatcher::end, and never from inside start() or kill().
template <class T>
concept call_executor = requires(T executor, std::uint32_t entry, std::string_view input,
                                 process::call_id call) {
    { executor.start(entry, input) } -> std::same_as<std::optional<process::call_id>>;
    executor.kill(call, SIGKILL);
};

/// As many calls of the function run as its max_concurrency allows.
struct over_max_concurrency {
    std::size_t limit;
};

/// The executor runs as many processes as it may.
struct no_process_left {};

/// The server finishes what runs and takes nothing new.
struct draining {};

/// The new task's id, or why the call was refused.
using start_result = std::variant<uuid, over_max_concurrency, no_process_left, draining>;

/// Knows the tasks that run: which call of the executor each of them is, until when it may run, and
/// who waits for it. What has ended is the store's.
template <call_executor Executor, store Store = table, class Clock = std::chrono::steady_clock>
class dispatcher {
 public:
    /// Hears that a task has ended. The record is valid during the call only. It may start and
    /// terminate tasks.
    using listener = std::function<void(const record&)>;

    /// All three must outlive the dispatcher; the registry does not change any more.
    dispatcher(const registry& functions, Executor& executor, Store& tasks)
        : functions_(functions),
          executor_(executor),
          tasks_(tasks),
          running_by_function_(functions.size()) {}

    dispatcher(const dispatcher&) = delete;
    dispatcher& operator=(const dispatcher&) = delete;

    /// Calls the function with a body that its check() accepted. `on_end` is not called when the
    /// call is refused.
    [[nodiscard]] start_result start(std::uint32_t function, std::string_view body,
                                     listener on_end = nullptr) {
        if (drains_) return draining{};
        const function_definition& definition = functions_.at(function);
        if (definition.max_concurrency != 0 && running(function) >= definition.max_concurrency) {
            return over_max_concurrency{definition.max_concurrency};
        }
        const uuid id = ids_.next();
        const auto call = executor_.start(function, body);
        if (!call) return no_process_left{};

        running_task& added = running_[id];
        added.call = *call;
        added.function = function;
        added.deadline = after(Clock::now(), definition.timeout);
        by_call_.emplace(*call, id);
        deadlines_.emplace(added.deadline, id);
        tasks_.insert(id, function);
        ++running_by_function_[function];
        // Last: where one of the others throws, the caller says so and nobody else does.
        if (on_end) added.listeners.push_back(std::move(on_end));
        return id;
    }

    /// To be wired to the executor: the call has ended like this.
    void end(process::call_id call, process::outcome&& how) {
        const auto known = by_call_.find(call);
        if (known == by_call_.end()) return;
        const auto ended = running_.extract(known->second);
        by_call_.erase(known);
        running_task& task = ended.mapped();
        deadlines_.erase({task.deadline, ended.key()});
        --running_by_function_[task.function];

        ending result = judge(std::move(how), task.reason);
        const time_point now = Clock::now();
        const record& kept =
            tasks_.finish(ended.key(), result.status, std::move(result.result), now);
        for (const listener& tell : task.listeners) tell(kept);
        // Not before everybody was told: where nothing is kept, the record goes here.
        tasks_.expire(now);
    }

    /// Kills the task's process group; `on_end` is called when the task has ended, at once if it
    /// has already.
    void terminate(const uuid& id, std::function<void()> on_end) {
        const auto found = running_.find(id);
        if (found == running_.end()) return on_end();
        kill(found->second, kill_reason::terminated);
        found->second.listeners.push_back(
            [on_end = std::move(on_end)](const record&) { on_end(); });
    }

    /// Terminates all tasks of the function that run now.
    void terminate_function(std::uint32_t function, std::function<void()> on_end) {
        auto remaining = std::make_shared<std::size_t>(running(function));
        if (*remaining == 0) return on_end();
        const listener count_down = [remaining, on_end = std::move(on_end)](const record&) {
            if (--*remaining == 0) on_end();
        };
        for (auto& [id, task] : running_) {
            if (task.function != function) continue;
            kill(task, kill_reason::terminated);
            task.listeners.push_back(count_down);
        }
    }

    /// Refuses each start() from now on.
    void drain() noexcept { drains_ = true; }

    void terminate_all() {
        for (auto& [id, task] : running_) kill(task, kill_reason::terminated);
    }

    /// Ends what is over its time: running tasks and kept results. Call it at next_deadline().
    void meet_deadlines() {
        const time_point now = Clock::now();
        while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
            running_task& late = running_.find(deadlines_.begin()->second)->second;
            deadlines_.erase(deadlines_.begin());
            kill(late, kill_reason::timed_out);
        }
        tasks_.expire(now);
    }

    /// When meet_deadlines() has work. Changes with every start and every end.
    [[nodiscard]] std::optional<time_point> next_deadline() const {
        const auto expiry = tasks_.next_expiry();
        if (deadlines_.empty()) return expiry;
        const time_point timeout = deadlines_.begin()->first;
        return expiry && *expiry < timeout ? *expiry : timeout;
    }

    [[nodiscard]] std::size_t running() const noexcept { return running_.size(); }
    [[nodiscard]] std::size_t running(std::uint32_t function) const {
        return running_by_function_[function];
    }

 private:
    struct running_task {
        process::call_id call{};
        std::uint32_t function = 0;
        kill_reason reason = kill_reason::none;
        time_point deadline{};
        std::vector<listener> listeners;
    };

    // The first reason stays: who comes later finds the process dying already.
    void kill(running_task& task, kill_reason reason) {
        if (task.reason != kill_reason::none) return;
        task.reason = reason;
        executor_.kill(task.call, SIGKILL);
    }

    const registry& functions_;
    Executor& executor_;
    Store& tasks_;
    uuid_source ids_;
    std::unordered_map<uuid, running_task> running_;
    std::unordered_map<process::call_id, uuid> by_call_;
    std::set<std::pair<time_point, uuid>> deadlines_;  // of running tasks
    std::vector<std::size_t> running_by_function_;
    bool drains_ = false;
};

}  // namespace restful_functions::task
