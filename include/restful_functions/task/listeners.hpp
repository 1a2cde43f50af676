/// listeners: who wants to hear that a task has ended.
#pragma once

#include <restful_functions/task/call.hpp>
#include <restful_functions/task/record.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace restful_functions::task {

/// Told in the order in which they came.
class listeners {
 public:
    /// Names one of them.
    using number = std::uint32_t;
    /// Of the first one, which a call was started with if it has one.
    static constexpr number first = 1;

    number add(listener tell) {
        all_.emplace_back(++last_, std::move(tell));
        return last_;
    }

    /// Costs a search, and not a pass over all of them.
    void remove(number which) {
        const auto found =
            std::lower_bound(all_.begin(), all_.end(), which,
                             [](const auto& each, number wanted) { return each.first < wanted; });
        if (found == all_.end() || found->first != which || !found->second) return;
        found->second = nullptr;
        if (++removed_ < all_.size() / 2) return;
        std::erase_if(all_, [](const auto& each) { return !each.second; });
        removed_ = 0;
    }

    void tell(const record& ended) const {
        for (const auto& each : all_) {
            if (each.second) each.second(ended);
        }
    }

 private:
    std::vector<std::pair<number, listener>> all_;  // those that were removed are empty
    std::size_t removed_ = 0;
    number last_ = 0;
};

}  // namespace restful_functions::task
