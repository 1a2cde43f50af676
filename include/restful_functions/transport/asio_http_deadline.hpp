/// A deadline that costs nothing to move away.
#pragma once

#include <restful_functions/detail/after.hpp>
#include <restful_functions/transport/asio_http_loop.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

namespace restful_functions::transport::detail {

/// Calls its owner's `on_deadline()` once a point in time has passed that was not moved meanwhile.
/// The timer in the loop is touched only when the deadline comes nearer or has seemingly come: on a
/// busy connection once in an idle timeout, not once a request.
class lazy_deadline {
 public:
    using clock = std::chrono::steady_clock;

    explicit lazy_deadline(const loop_executor& loop) : timer_(loop) {}

    /// Calls `owner->on_deadline()` after that time, unless it is moved or cleared before.
    template <class Owner>
    void set(std::weak_ptr<Owner> owner, std::chrono::milliseconds delay) {
        due_ = restful_functions::detail::after(clock::now(), delay);
        if (!set_to_ || *due_ < *set_to_) arm(std::move(owner));
    }

    void clear() noexcept { due_.reset(); }

 private:
    template <class Owner>
    void arm(std::weak_ptr<Owner> owner) {
        set_to_ = due_;
        timer_.expires_at(*due_);
        timer_.async_wait([this, owner = std::move(owner)](const std::error_code& failed) mutable {
            const auto alive = owner.lock();
            if (!alive || failed) return;
            set_to_.reset();
            if (!due_) return;
            if (clock::now() < *due_) return arm(std::move(owner));
            due_.reset();
            alive->on_deadline();
        });
    }

    loop_timer timer_;
    std::optional<clock::time_point> due_;
    std::optional<clock::time_point> set_to_;
};

}  // namespace restful_functions::transport::detail
