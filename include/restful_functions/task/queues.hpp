/// queues: the calls that wait, a line for each function, and whose turn it is.
#pragma once

#include <restful_functions/task/time.hpp>
#include <restful_functions/task/uuid.hpp>
#include <restful_functions/task/waiting_line.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>

namespace restful_functions::task {

/// The waiting lines of all functions.
class queues {
 public:
    /// Where a task waits.
    struct place {
        std::uint32_t function;
        waiting_line::ticket ticket;
    };

    place join(std::uint32_t function, const uuid& id, time_point arrived) {
        return {function, lines_[function].join({id, arrived})};
    }

    void leave(const place& of) {
        const auto line = lines_.find(of.function);
        line->second.leave(of.ticket);
        if (line->second.empty()) lines_.erase(line);
    }

    /// 1 for the next one of its function.
    [[nodiscard]] std::size_t position(const place& of) const {
        return lines_.at(of.function).position(of.ticket);
    }

    [[nodiscard]] std::size_t size(std::uint32_t function) const {
        const auto line = lines_.find(function);
        return line == lines_.end() ? 0 : line->second.size();
    }

    /// Of the tasks whose function `may_run`, the one that has waited longest.
    template <class Predicate>
    [[nodiscard]] std::optional<uuid> next(Predicate may_run) const {
        const waiting_line::entry* next = nullptr;
        for (const auto& [function, line] : lines_) {
            if ((next == nullptr || line.front().arrived < next->arrived) && may_run(function))
                next = &line.front();
        }
        return next == nullptr ? std::nullopt : std::optional(next->id);
    }

 private:
    std::map<std::uint32_t, waiting_line> lines_;  // none is empty
};

}  // namespace restful_functions::task
