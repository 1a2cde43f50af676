/// backoff: when to try again what the system has just refused. Later each time, until something
/// succeeds.
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

namespace restful_functions::process {

class backoff {
 public:
    using clock = std::chrono::steady_clock;

    static constexpr std::chrono::milliseconds shortest{10};
    static constexpr std::chrono::milliseconds longest{1000};

    /// Something failed. While a retry is due already, nothing changes.
    void failed(clock::time_point now) noexcept {
        if (!retry_at_) {
            retry_at_ = now + delay_;
            delay_ = std::min(delay_ * 2, longest);
        }
    }

    void succeeded() noexcept { delay_ = shortest; }

    /// When to call `take_due`; nullopt when nothing has failed.
    [[nodiscard]] std::optional<clock::time_point> retry_at() const noexcept { return retry_at_; }

    /// true once for each time that `retry_at` has come.
    [[nodiscard]] bool take_due(clock::time_point now) noexcept {
        if (!retry_at_ || now < *retry_at_) return false;
        retry_at_.reset();
        return true;
    }

 private:
    std::optional<clock::time_point> retry_at_;
    std::chrono::milliseconds delay_ = shortest;
};

}  // namespace restful_functions::process
