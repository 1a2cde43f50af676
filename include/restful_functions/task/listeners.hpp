/// listeners: who wants to hear that a task has ended.
#pragma once

#include <restful_functions/task/call.hpp>
#include <restful_functions/task/record.hpp>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace restful_functions::task {

/// Told in the order in which they came.
class listeners {
 public:
    /// Names one of them.
    using number = std::uint32_t;

    number add(listener tell) {
        all_.emplace_back(++last_, std::move(tell));
        return last_;
    }

    void remove(number which) {
        std::erase_if(all_, [which](const auto& each) { return each.first == which; });
    }

    void tell(const record& ended) const {
        for (const auto& each : all_) each.second(ended);
    }

 private:
    std::vector<std::pair<number, listener>> all_;
    number last_ = 0;
};

}  // namespace restful_functions::task
