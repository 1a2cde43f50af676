/// announcements: what has happened to calls and was not told yet.
#pragma once

#include <restful_functions/process/events.hpp>
#include <restful_functions/process/outcome.hpp>

#include <new>
#include <utility>
#include <vector>

namespace restful_functions::process {

class announcements {
 public:
    void end(call_id call, outcome&& how) { ended_.emplace_back(call, std::move(how)); }
    void depart(call_id call, departure&& left) { departed_.emplace_back(call, std::move(left)); }

    void news(call_id call) { news_.push_back(call); }

    /// Calls `take(call, how)` with each end that was not told yet, and forgets those for which it
    /// returns true.
    template <typename Take>
    void visit_ends(Take take) {
        std::erase_if(ended_, [&](auto& each) { return take(each.first, each.second); });
    }
    /// The same with departures.
    template <typename Take>
    void visit_departures(Take take) {
        std::erase_if(departed_, [&](auto& each) { return take(each.first, each.second); });
    }

    [[nodiscard]] bool empty() const noexcept {
        return ended_.empty() && departed_.empty() && news_.empty();
    }

    /// Tells all of it: news, then ends, then departures. The listener may bring more about, which
    /// is told another time.
    void deliver(const listener& hears) {
        auto departed = std::exchange(departed_, {});
        for (const call_id call : std::exchange(news_, {})) attempt([&] { hears.news(call); });
        for (auto& [call, how] : std::exchange(ended_, {}))
            attempt([&] { hears.ended(call, std::move(how)); });
        for (auto& [call, left] : departed) attempt([&] { hears.gone(call, std::move(left)); });
    }

 private:
    // What there is no memory to tell of one call is no reason to keep quiet about the others.
    template <typename Tell>
    static void attempt(const Tell& tell) {
        try {
            tell();
        } catch (const std::bad_alloc&) {
            return;
        }
    }

    std::vector<std::pair<call_id, outcome>> ended_;
    std::vector<std::pair<call_id, departure>> departed_;
    std::vector<call_id> news_;
};

}  // namespace restful_functions::process
