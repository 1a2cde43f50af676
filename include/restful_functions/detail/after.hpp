/// after: a deadline that is never past the end of time.
#pragma once

#include <chrono>

namespace restful_functions::detail {

/// `delay` after `start`, or the end of time where the sum would not fit.
[[nodiscard]] constexpr std::chrono::steady_clock::time_point after(
    std::chrono::steady_clock::time_point start, std::chrono::milliseconds delay) noexcept {
    using time_point = std::chrono::steady_clock::time_point;
    const auto longest = std::chrono::floor<std::chrono::milliseconds>(time_point::max() - start);
    return delay < longest ? start + delay : time_point::max();
}

}  // namespace restful_functions::detail
