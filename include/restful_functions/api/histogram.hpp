/// histogram: how often a value was how large.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace restful_functions::api {

/// Counts values in ranges that are fixed; recording one costs a search among the few bounds. The
/// bounds, ascending and inclusive, must outlive it.
class histogram {
 public:
    static constexpr std::size_t most_bounds = 20;

    explicit histogram(std::span<const double> bounds) noexcept : bounds_(bounds) {}

    void record(double value) noexcept {
        const auto range = std::lower_bound(bounds_.begin(), bounds_.end(), value);
        ++counts_[static_cast<std::size_t>(range - bounds_.begin())];
        sum_ += value;
    }

    [[nodiscard]] std::span<const double> bounds() const noexcept { return bounds_; }

    /// Those in the range that ends with this bound; of the index behind the last bound: those
    /// above all of them.
    [[nodiscard]] std::uint64_t in_range(std::size_t index) const noexcept {
        return counts_[index];
    }

    [[nodiscard]] double sum() const noexcept { return sum_; }

 private:
    std::span<const double> bounds_;
    std::array<std::uint64_t, most_bounds + 1> counts_{};
    double sum_ = 0;
};

}  // namespace restful_functions::api
