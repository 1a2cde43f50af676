/// queues: the calls that wait, a line for each function, and whose turn it is.
#pragma once

#include <restful_functions/task/time.hpp>
#include <restful_functions/task/uuid.hpp>
#include <restful_functions/task/waiting_line.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <new>
#include <optional>
#include <utility>

namespace restful_functions::task {

/// What calls that wait take of the room that all functions share.
struct shared_room {
    std::size_t calls = 0;
    std::size_t bytes = 0;  ///< of their bodies
};

/// The waiting lines of all functions.
class queues {
 public:
    /// Where a task waits.
    struct place {
        std::uint32_t function;
        waiting_line::ticket ticket;
        shared_room takes;
    };

    /// If memory runs out, nothing has changed.
    place join(std::uint32_t function, const uuid& id, time_point arrived,
               const shared_room& takes = {}) {
        const auto line = lines_.try_emplace(function).first;
        try {
            const place joined{function, line->second.join({id, arrived}), takes};
            taken_.calls += takes.calls;
            taken_.bytes += takes.bytes;
            return joined;
        } catch (const std::bad_alloc&) {
            if (line->second.empty()) lines_.erase(line);
            throw;
        }
    }

    void leave(const place& of) {
        const auto line = lines_.find(of.function);
        line->second.leave(of.ticket);
        if (line->second.empty()) lines_.erase(line);
        taken_.calls -= of.takes.calls;
        taken_.bytes -= of.takes.bytes;
    }

    /// 1 for the next one of its function.
    [[nodiscard]] std::size_t position(const place& of) const {
        return lines_.at(of.function).position(of.ticket);
    }

    [[nodiscard]] std::size_t size(std::uint32_t function) const {
        const auto line = lines_.find(function);
        return line == lines_.end() ? 0 : line->second.size();
    }

    /// By all functions together.
    [[nodiscard]] const shared_room& taken() const noexcept { return taken_; }

    /// Of the functions that may run, the one with the fewest calls at work is next, and among
    /// those the task that has waited longest. `at_work` tells how many they are; nullopt: the
    /// function may not run.
    template <class AtWork>
    [[nodiscard]] std::optional<uuid> next(AtWork at_work) const {
        std::optional<std::pair<std::size_t, time_point>> least;
        const waiting_line::entry* next = nullptr;
        for (const auto& [function, line] : lines_) {
            const std::optional<std::size_t> running = at_work(function);
            if (!running) continue;
            const std::pair rank{*running, line.front().arrived};
            if (least && !(rank < *least)) continue;
            least = rank;
            next = &line.front();
        }
        return next == nullptr ? std::nullopt : std::optional(next->id);
    }

 private:
    std::map<std::uint32_t, waiting_line> lines_;  // none is empty
    shared_room taken_;
};

}  // namespace restful_functions::task
