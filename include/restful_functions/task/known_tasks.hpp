/// known_tasks: the tasks that wait, run or leave a process behind, and who waits for them.
#pragma once

#include <restful_functions/process/events.hpp>
#include <restful_functions/task/call.hpp>
#include <restful_functions/task/listeners.hpp>
#include <restful_functions/task/live_task.hpp>
#include <restful_functions/task/uuid.hpp>

#include <functional>
#include <optional>
#include <unordered_map>
#include <utility>

namespace restful_functions::task::detail {

/// By their id and by their call of the executor.
struct known_tasks {
    std::unordered_map<uuid, live_task> live;            ///< wait or run
    std::unordered_map<uuid, leaving_task> leaving;      ///< have ended while their process has not
    std::unordered_map<process::call_id, uuid> by_call;  ///< of both

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
