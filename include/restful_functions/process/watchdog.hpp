/// watchdog: whether the fork server still answers. It may be stopped or hang without being dead.
#pragma once

#include <chrono>
#include <optional>

namespace restful_functions::process {

/// Asked for nothing, it costs nothing: it is armed by what only the fork server can bring about or
/// hear of, such as the end of a process.
class watchdog {
 public:
    using clock = std::chrono::steady_clock;

    enum class verdict { fine, ask, hung };

    /// The fork server has this long to do what it was told, and then as long to answer.
    static constexpr std::chrono::seconds patience{5};

    /// The fork server has something to do.
    void arm(clock::time_point now) noexcept {
        if (!due_) due_ = now + patience;
    }

    /// The fork server has reported something.
    void answered() noexcept {
        if (asked_) due_.reset();
        asked_ = false;
    }

    [[nodiscard]] std::optional<clock::time_point> due() const noexcept { return due_; }

    /// What to do now: nothing, ask it for an answer, or give it up.
    [[nodiscard]] verdict take_due(clock::time_point now) noexcept {
        if (!due_ || now < *due_) return verdict::fine;
        due_ = now + patience;
        const bool hung = asked_;
        asked_ = !hung;
        return hung ? verdict::hung : verdict::ask;
    }

    /// There is a new fork server.
    void reset() noexcept { *this = watchdog(); }

 private:
    std::optional<clock::time_point> due_;
    bool asked_ = false;
};

}  // namespace restful_functions::process
