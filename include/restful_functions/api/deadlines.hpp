/// deadlines: what is to happen at a time, unless it is cancelled before.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <new>
#include <optional>
#include <utility>

namespace restful_functions::api {

/// Owned by the service, which meets them in its dispatch(): the loop knows the next one.
class deadlines {
 public:
    using clock = std::chrono::steady_clock;
    /// Names one deadline for as long as the service lives.
    using id = std::pair<clock::time_point, std::uint64_t>;

    /// Has `act` called when the time has come. It may set and cancel others.
    id set(clock::time_point when, std::function<void()> act) {
        const id added{when, ++last_};
        waiting_.emplace(added, std::move(act));
        return added;
    }

    /// Forgets a deadline; nothing happens when it was met or cancelled before.
    void cancel(const id& which) { waiting_.erase(which); }

    /// Does what was to happen until `now`. What is set meanwhile is met another time. What there
    /// is no memory for does not happen, and keeps nothing else from it.
    void meet(clock::time_point now) {
        const std::uint64_t newest = last_;
        while (!waiting_.empty() && waiting_.begin()->first.first <= now &&
               waiting_.begin()->first.second <= newest) {
            const auto act = std::move(waiting_.extract(waiting_.begin()).mapped());
            try {
                act();
            } catch (const std::bad_alloc&) {
                continue;
            }
        }
    }

    [[nodiscard]] std::optional<clock::time_point> next() const noexcept {
        if (waiting_.empty()) return std::nullopt;
        return waiting_.begin()->first.first;
    }

    [[nodiscard]] std::size_t size() const noexcept { return waiting_.size(); }

 private:
    std::map<id, std::function<void()>> waiting_;
    std::uint64_t last_ = 0;
};

}  // namespace restful_functions::api
