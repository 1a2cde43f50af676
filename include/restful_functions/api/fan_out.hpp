/// fan_out: one text for many readers, told in turns.
#pragma once

#include <restful_functions/api/deadlines.hpp>
#include <restful_functions/http/body_stream.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace restful_functions::api {

/// A few readers are told at once. Of many, `readers_in_a_turn` are told in each turn of the loop.
/// After a round through all of them there is a pause that is as long as the round, in which texts
/// are collected: readers take at most half of the server's time.
class fan_out {
 public:
    /// `timers` must outlive it. A reader that does not keep up gets `farewell` as its last text.
    fan_out(deadlines& timers, std::string farewell)
        : timers_(timers), farewell_(std::move(farewell)) {}
    fan_out(const fan_out&) = delete;
    fan_out& operator=(const fan_out&) = delete;
    ~fan_out() { timers_.cancel(turn_); }

    [[nodiscard]] bool empty() const noexcept { return readers_.empty(); }

    /// A reader of all that is said from now on.
    void add(std::shared_ptr<http::body_stream> to) { readers_.push_back({std::move(to), said_}); }

    void say(std::string_view text) {
        if (empty()) return;
        unheard_ += text;
        said_ += text.size();
        if (is_due_) return;
        const auto now = deadlines::clock::now();
        if (now < rests_until_) return take_turn_at(rests_until_);
        round_began_ = now;
        take_turn();
    }

    /// Tells all readers the rest, then `last`, and ends their streams.
    void end(std::string_view last) {
        for (const reader& each : std::exchange(readers_, {})) {
            each.to->write(std::string(unheard_of(each)).append(last), farewell_);
            each.to->end();
        }
        unheard_.clear();
        next_ = 0;
    }

 private:
    static constexpr std::size_t readers_in_a_turn = 64;
    /// A round that is shorter is followed by no pause.
    static constexpr std::chrono::milliseconds short_round{1};

    struct reader {
        std::shared_ptr<http::body_stream> to;
        std::uint64_t heard;  ///< so much of all that was said
    };

    [[nodiscard]] std::string_view unheard_of(const reader& each) const noexcept {
        return std::string_view(unheard_).substr(each.heard - (said_ - unheard_.size()));
    }

    void take_turn_at(deadlines::clock::time_point when) {
        turn_ = timers_.set(when, [this] {
            is_due_ = false;
            if (next_ == 0) round_began_ = deadlines::clock::now();
            take_turn();
        });
        is_due_ = true;
    }

    void take_turn() {
        for (std::size_t i = 0; i < readers_in_a_turn && next_ < readers_.size(); ++i) {
            if (tell(readers_[next_])) {
                ++next_;
            } else {
                readers_[next_] = std::move(readers_.back());
                readers_.pop_back();
            }
        }
        const auto now = deadlines::clock::now();
        if (next_ < readers_.size()) return take_turn_at(now);
        next_ = 0;
        forget_heard();
        const auto took = now - round_began_;
        rests_until_ = took < short_round ? now : now + took;
        if (!unheard_.empty()) take_turn_at(rests_until_);
    }

    /// false: it reads no more, was dropped just now, or there is no memory for it.
    [[nodiscard]] bool tell(reader& each) {
        const std::string_view unheard = unheard_of(each);
        each.heard = said_;
        try {
            return unheard.empty() || each.to->write(unheard, farewell_);
        } catch (const std::bad_alloc&) {
            each.to->end();
            return false;
        }
    }

    /// What all readers have heard is of no use any more.
    void forget_heard() {
        std::uint64_t least = said_;
        for (const reader& each : readers_) least = std::min(least, each.heard);
        unheard_.erase(0, unheard_.size() - static_cast<std::size_t>(said_ - least));
    }

    deadlines& timers_;
    std::string farewell_;
    std::vector<reader> readers_;
    std::string unheard_;     // the end of all texts, from the first byte that a reader lacks
    std::uint64_t said_ = 0;  // bytes, of all that was ever said
    std::size_t next_ = 0;    // the reader whose turn it is
    bool is_due_ = false;     // a turn is among the timers
    deadlines::id turn_{};
    deadlines::clock::time_point round_began_{};
    deadlines::clock::time_point rests_until_{};
};

}  // namespace restful_functions::api
