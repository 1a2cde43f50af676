/// pieced_text: a text of several pieces, some of which others hold, too.
#pragma once

#include <restful_functions/detail/shared_text.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace restful_functions::http {

using restful_functions::detail::shared_text;

/// Text of its own is one string, up to the first long text that it shares with others; text behind
/// that is the next piece. So a text without shared ones costs as much as its string.
class pieced_text {
 public:
    pieced_text() = default;
    pieced_text(std::string&& own) noexcept : first_(std::move(own)) {}
    pieced_text(const std::string& own) : first_(own) {}
    pieced_text(std::string_view own) : pieced_text(std::string(own)) {}
    pieced_text(const char* own) : pieced_text(std::string(own)) {}
    /// Shares the text, if it is long.
    pieced_text(const shared_text& shared) { *this += shared; }

    /// Appends a text of its own.
    template <std::convertible_to<std::string_view> Own>
    pieced_text& operator+=(const Own& own) {
        last() += std::string_view(own);
        return *this;
    }

    /// Appends a text, which is shared if it is long.
    pieced_text& operator+=(const shared_text& shared) {
        if (!shared.is_shared()) return *this += shared.view();
        rest_.push_back({shared, {}});
        return *this;
    }

    pieced_text& operator+=(pieced_text&& other) {
        if (empty()) return *this = std::move(other);
        rest_.reserve(rest_.size() + other.rest_.size());
        last() += other.first_;
        rest_.insert(rest_.end(), std::make_move_iterator(other.rest_.begin()),
                     std::make_move_iterator(other.rest_.end()));
        return *this;
    }

    [[nodiscard]] bool empty() const noexcept { return first_.empty() && rest_.empty(); }
    [[nodiscard]] std::size_t size() const noexcept {
        std::size_t sum = 0;
        visit([&sum](const auto& piece) { sum += piece.size(); });
        return sum;
    }
    /// The bytes that are not shared.
    [[nodiscard]] std::size_t own_size() const noexcept {
        std::size_t sum = first_.size();
        for (const part& each : rest_) sum += each.own.size();
        return sum;
    }

    /// Gives the memory back, too.
    void clear() noexcept { static_cast<void>(std::exchange(*this, {})); }

    /// From byte `first` on to the end of the piece that it lies in; empty at the end of the text.
    [[nodiscard]] std::string_view rest_of_piece(std::size_t first) const noexcept {
        std::string_view found;
        visit([&](const auto& piece) {
            if (!found.empty()) return;
            const std::size_t skipped = std::min(first, piece.size());
            found = std::string_view(piece).substr(skipped);
            first -= skipped;
        });
        return found;
    }

    /// At most `count` bytes from byte `first` on. Shares long pieces.
    [[nodiscard]] pieced_text substr(std::size_t first, std::size_t count) const {
        pieced_text cut;
        visit([&](const auto& piece) {
            const std::size_t skipped = std::min(first, piece.size());
            const std::size_t taken = std::min(count, piece.size() - skipped);
            cut += piece.substr(skipped, taken);
            first -= skipped;
            count -= taken;
        });
        return cut;
    }

    /// All of it as one string, which copies what is shared.
    [[nodiscard]] std::string text() const& {
        std::string whole;
        whole.reserve(size());
        visit([&whole](const auto& piece) { whole += std::string_view(piece); });
        return whole;
    }
    [[nodiscard]] std::string text() && {
        return rest_.empty() ? std::move(first_) : std::as_const(*this).text();
    }

    friend bool operator==(const pieced_text& one, std::string_view other) noexcept {
        std::size_t same = 0;
        for (auto piece = one.rest_of_piece(0); !piece.empty(); piece = one.rest_of_piece(same)) {
            if (!other.substr(same).starts_with(piece)) return false;
            same += piece.size();
        }
        return same == other.size();
    }

 private:
    /// A shared text, and the text of its own behind it.
    struct part {
        shared_text shared;
        std::string own;
    };

    [[nodiscard]] std::string& last() noexcept { return rest_.empty() ? first_ : rest_.back().own; }

    /// Calls `see` with each std::string and shared_text in turn.
    template <class Visitor>
    void visit(Visitor see) const {
        see(first_);
        for (const auto& [shared, own] : rest_) {
            see(shared);
            see(own);
        }
    }

    std::string first_;
    std::vector<part> rest_;
};

}  // namespace restful_functions::http
