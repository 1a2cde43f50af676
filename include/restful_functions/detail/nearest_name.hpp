/// nearest_name: of the names that there are, the one that somebody who mistyped it may have meant.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace restful_functions::detail {

/// Longer names are not compared: the work for a request that is refused stays small.
inline constexpr std::size_t longest_compared = 64;

/// The insertions, deletions, replacements and exchanges of neighbours between two texts of at most
/// `longest_compared` bytes (Levenshtein, and Damerau's exchanges).
inline std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::array<std::array<std::size_t, longest_compared + 1>, 3> rows{};
    for (std::size_t j = 0; j <= b.size(); ++j) rows[0][j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        auto& row = rows[i % 3];
        const auto& above = rows[(i - 1) % 3];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            row[j] = std::min({replaced, above[j] + 1, row[j - 1] + 1});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                row[j] = std::min(row[j], rows[(i - 2) % 3][j - 2] + 1);
            }
        }
    }
    return rows[a.size() % 3][b.size()];
}

/// Looks for the name that is nearest to a mistyped one, no more than a third of its letters away.
class nearest_name {
 public:
    explicit nearest_name(std::string_view mistyped) noexcept
        : mistyped_(mistyped), least_(mistyped.size() / 3 + 1) {}

    /// `name` must outlive the search.
    void consider(std::string_view name) {
        if (mistyped_.size() > longest_compared || name.size() > longest_compared) return;
        const auto [shorter, longer] = std::minmax({mistyped_.size(), name.size()});
        if (longer - shorter >= least_) return;
        const std::size_t distance = edit_distance(mistyped_, name);
        if (distance >= least_) return;
        least_ = distance;
        found_ = name;
    }

    /// Empty when none is near.
    [[nodiscard]] std::string_view found() const noexcept { return found_; }

    /// `; did you mean "x"?`, or nothing.
    [[nodiscard]] std::string question() const {
        return found_.empty() ? "" : "; did you mean \"" + std::string(found_) + "\"?";
    }

 private:
    std::string_view mistyped_;
    std::string_view found_;
    std::size_t least_;
};

}  // namespace restful_functions::detail
