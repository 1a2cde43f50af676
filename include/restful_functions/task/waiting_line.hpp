/// waiting_line: tasks in the order of their arrival, each of which can learn its place.
#pragma once

#include <restful_functions/task/time.hpp>
#include <restful_functions/task/uuid.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>

namespace restful_functions::task {

/// First in, first out, but whoever gives up may leave from anywhere. No operation walks along the
/// line.
class waiting_line {
 public:
    /// What a task in the line is known by.
    enum class ticket : std::uint64_t {};

    struct entry {
        uuid id;
        time_point arrived;
    };

    [[nodiscard]] bool empty() const noexcept { return waiting_.empty(); }
    [[nodiscard]] std::size_t size() const noexcept { return waiting_.size(); }

    /// Whose turn it is. There must be somebody.
    [[nodiscard]] const entry& front() const noexcept { return waiting_.begin()->second; }

    /// Joins the line at its end.
    ticket join(const entry& added) {
        const ticket given{next_++};
        waiting_.emplace_hint(waiting_.end(), given, added);
        return given;
    }

    /// Leaves the line, also from between others. It must stand in it. If memory runs out, nothing
    /// has changed.
    void leave(ticket of) {
        if (static_cast<std::uint64_t>(of) + 1 == next_)
            --next_;
        else if (of != waiting_.begin()->first)
            gaps_.insert(std::lower_bound(gaps_.begin(), gaps_.end(), of), of);
        waiting_.erase(of);
        while (!gaps_.empty() && (empty() || gaps_.front() < waiting_.begin()->first)) {
            gaps_.pop_front();
        }
    }

    /// 1 for the task whose turn it is, 2 for the one behind it. It must stand in the line.
    [[nodiscard]] std::size_t position(ticket of) const noexcept {
        const auto first = static_cast<std::size_t>(waiting_.begin()->first);
        const auto gaps = std::lower_bound(gaps_.begin(), gaps_.end(), of) - gaps_.begin();
        return 1 + static_cast<std::size_t>(of) - first - static_cast<std::size_t>(gaps);
    }

 private:
    std::map<ticket, entry> waiting_;
    std::deque<ticket> gaps_;  // tickets behind the first one whose tasks have left, in order
    std::uint64_t next_ = 0;
};

}  // namespace restful_functions::task
