/// time: a task's two clocks. One measures, the other one tells people when.
#pragma once

#include <restful_functions/detail/after.hpp>

#include <chrono>

namespace restful_functions::task {

/// Deadlines and ages are measured on the monotonic clock: setting the wall clock ends no task.
using time_point = std::chrono::steady_clock::time_point;

/// What clients are told, in UTC.
using wall_time = std::chrono::sys_time<std::chrono::milliseconds>;

/// A time that may not have come: a std::optional of half its size, for records that are kept by
/// the million.
class optional_time {
 public:
    constexpr optional_time() noexcept = default;
    constexpr optional_time(wall_time time) noexcept : time_(time) {}

    constexpr explicit operator bool() const noexcept { return time_ != none; }
    constexpr wall_time operator*() const noexcept { return time_; }
    [[nodiscard]] constexpr wall_time value_or(wall_time other) const noexcept {
        return *this ? time_ : other;
    }
    constexpr bool operator==(const optional_time&) const noexcept = default;

 private:
    static constexpr wall_time none = wall_time::min();

    wall_time time_ = none;
};

/// The same moment on both clocks.
struct moment {
    time_point steady{};
    wall_time wall{};
};

/// Reads both clocks.
struct clock {
    [[nodiscard]] static moment now() noexcept {
        return {std::chrono::steady_clock::now(),
                std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now())};
    }
};

using restful_functions::detail::after;

/// The whole milliseconds from one moment to a later one.
[[nodiscard]] constexpr std::chrono::milliseconds between(time_point start,
                                                          time_point end) noexcept {
    return std::chrono::floor<std::chrono::milliseconds>(end - start);
}

}  // namespace restful_functions::task
