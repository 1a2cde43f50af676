/// body_stream: a body that is made while it is sent.
#pragma once

#include <restful_functions/http/pieced_text.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>

namespace restful_functions::http {

/// Between who makes a body and the transport that sends it, both in one thread. What the client
/// has not taken is bounded: a reader who does not keep up loses the rest, and is told why.
class body_stream {
 public:
    /// `most_pending`: the bytes that may wait, without those that others hold as well. A piece
    /// that finds nothing waiting may be larger.
    explicit body_stream(std::size_t most_pending = 1024 * 1024) : most_pending_(most_pending) {}

    body_stream(const body_stream&) = delete;
    body_stream& operator=(const body_stream&) = delete;

    /// Appends a piece. false: nobody reads it any more, or the reader was dropped just now, with
    /// `farewell` as the last that it gets.
    bool write(pieced_text piece, std::string_view farewell = {}) {
        if (is_closed_ || has_ended_) return false;
        const bool fits =
            pending_.empty() || pending_.own_size() + piece.own_size() <= most_pending_;
        if (fits)
            pending_ += std::move(piece);
        else
            pending_ = farewell;
        has_ended_ = !fits;
        tell();
        return fits;
    }

    /// Has `make` called when all that was written is taken: it writes the next piece, ends the
    /// body, or does a part of that work. The body is so made no faster than its client reads it.
    void on_taken(std::function<void()> make) { make_ = std::move(make); }

    /// There is no more.
    void end() {
        if (std::exchange(has_ended_, true)) return;
        tell();
    }

    /// Whether anybody may still read what is written.
    [[nodiscard]] bool is_open() const noexcept { return !is_closed_ && !has_ended_; }

    // The transport's side.

    /// Has `tell` called when there is something to take, or no more will be. It must not take from
    /// within the call.
    void on_news(std::function<void()> tell) { tell_ = std::move(tell); }

    /// What waits, perhaps nothing.
    [[nodiscard]] pieced_text take() {
        if (pending_.empty() && is_open() && make_) make_();
        return std::exchange(pending_, {});
    }

    /// Whether each piece is made when it is taken; news never come then.
    [[nodiscard]] bool is_made_on_demand() const noexcept { return make_ != nullptr; }

    /// Whether nothing comes after what was taken.
    [[nodiscard]] bool is_done() const noexcept { return has_ended_ && pending_.empty(); }

    /// The client has gone.
    void close() noexcept {
        is_closed_ = true;
        tell_ = nullptr;
        make_ = nullptr;
        pending_.clear();
    }

 private:
    void tell() const {
        if (tell_) tell_();
    }

    std::size_t most_pending_;
    pieced_text pending_;
    std::function<void()> tell_;
    std::function<void()> make_;
    bool has_ended_ = false;
    bool is_closed_ = false;
};

/// A body of the pieces that `maker->next()` returns, empty ones among them, until
/// `maker->is_over()`. The maker goes when the client has all of it, or has gone.
template <class Maker>
[[nodiscard]] std::shared_ptr<body_stream> made_on_demand(std::shared_ptr<Maker> maker) {
    auto body = std::make_shared<body_stream>();
    body->on_taken([maker = std::move(maker), out = body.get()] {
        out->write(maker->next());
        if (maker->is_over()) out->end();
    });
    return body;
}

}  // namespace restful_functions::http
