/// announcements: what has happened to calls and was not told yet.
#pragma once

#include <restful_functions/process/events.hpp>
#include <restful_functions/process/outcome.hpp>

#include <utility>
#include <vector>

namespace restful_functions::process {

class announcements {
 public:
    void end(call_id call, outcome&& how) { ended_.emplace_back(call, std::move(how)); }
    void depart(call_id call, departure&& left) { departed_.emplace_back(call, std::move(left)); }

    [[nodiscard]] bool empty() const noexcept { return ended_.empty() && departed_.empty(); }

    /// Tells all of it, the ends first. The listener may bring more about, which is told another
    /// time.
    void deliver(const listener& hears) {
        auto departed = std::exchange(departed_, {});
        for (auto& [call, how] : std::exchange(ended_, {})) hears.ended(call, std::move(how));
        for (auto& [call, left] : departed) hears.gone(call, std::move(left));
    }

 private:
    std::vector<std::pair<call_id, outcome>> ended_;
    std::vector<std::pair<call_id, departure>> departed_;
};

}  // namespace restful_functions::process
