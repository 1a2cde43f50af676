/// known_tasks: the tasks that wait, run or leave a process behind, and who waits for them.
#pragma once

#include <restful_functions/process/events.hpp>
#include <restful_functions/task/call.hpp>
#include <restful_functions/task/listeners.hpp>
#include <restful_functions/task/live_task.hpp>
#include <restful_functions/task/queues.hpp>
#include <restful_functions/task/time.hpp>
#include <restful_functions/task/uuid.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <new>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

namespace restful_functions::task::detail {

/// By their id and by their call of the executor.
struct known_tasks {
    explicit known_tasks(std::size_t functions) : running(functions) {}

    std::unordered_map<uuid, live_task> live;            ///< wait or run
    std::unordered_map<uuid, leaving_task> leaving;      ///< have ended while their process has not
    std::unordered_map<process::call_id, uuid> by_call;  ///< of both
    std::set<std::pair<time_point, uuid>> deadlines;     ///< of those that are to end in time
    std::vector<std::size_t> running;                    ///< how many, by function

    /// A new task.
    live_task& add(const uuid& id, std::uint32_t function, std::chrono::milliseconds timeout,
                   time_point arrived, std::chrono::milliseconds patience) {
        live_task& added = live[id];
        added.function = function;
        added.timeout = timeout;
        added.until = after(arrived, patience);
        added.arrived = arrived;
        return added;
    }

    /// Takes back what was done with a new task, if anything. Returns where it waits.
    std::optional<queues::place> withdraw(const uuid& id) noexcept {
        const auto withdrawn = live.extract(id);
        if (!withdrawn) return std::nullopt;
        const live_task& task = withdrawn.mapped();
        if (task.call) by_call.erase(*task.call);
        if (task.call && deadlines.contains({task.deadline, id})) end_run(id, task);
        deadlines.erase({task.deadline, id});
        return task.place;
    }

    /// A task waits.
    void begin_wait(const uuid& id, live_task& task, const queues::place& where) {
        task.place = where;
        if (task.until == time_point::max()) return;
        task.deadline = task.until;
        deadlines.emplace(task.deadline, id);
    }

    /// A task that waited is given up.
    void end_wait(const uuid& id, live_task& task) noexcept {
        task.place.reset();
        task.body = {};
        deadlines.erase({task.deadline, id});
    }

    /// A task runs, after it has waited or at once. If memory runs out, nothing has changed.
    void begin_run(const uuid& id, live_task& task, process::call_id call, time_point now) {
        const time_point deadline = std::min(after(now, task.timeout), task.until);
        by_call.emplace(call, id);
        try {
            deadlines.emplace(deadline, id);
        } catch (const std::bad_alloc&) {
            by_call.erase(call);
            throw;
        }
        if (task.deadline != deadline) deadlines.erase({task.deadline, id});
        task.call = call;
        task.deadline = deadline;
        ++running[task.function];
    }

    /// It does not, any more.
    void end_run(const uuid& id, const live_task& task) noexcept {
        deadlines.erase({task.deadline, id});
        --running[task.function];
    }

    /// When the time of the next task is over.
    [[nodiscard]] std::optional<time_point> next_deadline() const {
        return deadlines.empty() ? std::nullopt : std::optional(deadlines.begin()->first);
    }

    /// Calls `on_gone` when the task has ended and its process is gone; at once if that is so
    /// already, or if there is no such task.
    void when_gone(const uuid& id, std::function<void()> on_gone) {
        if (const auto found = live.find(id); found != live.end())
            return found->second.on_gone.push_back(std::move(on_gone));
        if (const auto found = leaving.find(id); found != leaving.end())
            return found->second.on_gone.push_back(std::move(on_gone));
        on_gone();
    }

    /// Has `tell` called when the task ends. nullopt: there is none, or it has ended.
    std::optional<listeners::number> listen(const uuid& id, listener tell) {
        const auto found = live.find(id);
        if (found == live.end()) return std::nullopt;
        return found->second.on_end.add(std::move(tell));
    }

    /// Forgets who listens to a task, if it has not ended.
    void forget(const uuid& id, listeners::number which) {
        if (const auto found = live.find(id); found != live.end())
            found->second.on_end.remove(which);
    }

    /// The call of a task that runs, or whose process is not gone.
    [[nodiscard]] std::optional<process::call_id> call_of(const uuid& id) const {
        if (const auto found = live.find(id); found != live.end()) return found->second.call;
        if (const auto found = leaving.find(id); found != leaving.end()) return found->second.call;
        return std::nullopt;
    }
};

}  // namespace restful_functions::task::detail
