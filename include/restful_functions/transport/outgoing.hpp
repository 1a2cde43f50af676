/// outgoing: a response on its way to its client.
#pragma once

#include <restful_functions/http/body_stream.hpp>
#include <restful_functions/http/message.hpp>
#include <restful_functions/http/pieced_text.hpp>
#include <restful_functions/http/writer.hpp>
#include <restful_functions/transport/channel.hpp>

#include <sys/types.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace restful_functions::transport::detail {

/// How far a response has come.
enum class sending : std::uint8_t {
    done,      ///< all of it is sent
    blocked,   ///< the socket takes no more for now
    starved,   ///< there is no more of its body yet
    yielding,  ///< there is more to send or to make: other clients are served first
    failed     ///< the client has gone
};

/// Head and body, the latter whole or piece by piece as it is made. Empty, it holds no memory.
class outgoing {
 public:
    /// The bytes that are sent in one turn of the loop: with TLS they take a millisecond at most.
    static constexpr std::size_t most_in_a_turn = std::size_t{256} * 1024;

    outgoing() = default;
    outgoing(const outgoing&) = delete;
    outgoing& operator=(const outgoing&) = delete;
    ~outgoing() { drop(); }

    /// `on_more` is called when a body that was starved has more to send, or its end; from within
    /// who makes it.
    void begin(http::response&& answer, const http::exchange& with, std::function<void()> on_more) {
        response_ = std::move(answer);
        http::write_head(head_, response_, with);
        is_chunked_ = http::is_chunked(response_, with);
        response_.close = http::closes(response_, with);
        if (!http::sends_body(response_, with)) response_.drop_body();
        if (response_.stream) response_.stream->on_news(std::move(on_more));
    }

    /// Whether the connection ends with it.
    [[nodiscard]] bool is_last() const noexcept { return response_.close; }

    /// Sends what the channel takes, or a turn's share of it.
    sending send_to(const channel& to) {
        std::size_t left_of_turn = most_in_a_turn;
        for (bool is_first = true;; is_first = false) {
            while (sent_ < head_.size() + response_.body.size()) {
                if (left_of_turn == 0) return sending::yielding;
                const ssize_t size = send_some(to, left_of_turn);
                if (size < 0 && errno == EINTR) continue;
                if (size < 0) return errno == EAGAIN ? sending::blocked : sending::failed;
                sent_ += static_cast<std::size_t>(size);
                left_of_turn -= static_cast<std::size_t>(size);
            }
            if (!response_.stream) return sending::done;
            const bool is_made = response_.stream->is_made_on_demand();
            if (is_made && !is_first) return sending::yielding;
            if (!take_piece()) return is_made ? sending::yielding : sending::starved;
        }
    }

    /// Gives its memory back: an idle connection holds none. Assigning an empty text would keep it.
    void drop() noexcept {
        end_stream();
        static_cast<void>(std::exchange(response_, {}));
        std::string().swap(head_);
        sent_ = 0;
    }

 private:
    void end_stream() noexcept {
        if (response_.stream) std::exchange(response_.stream, nullptr)->close();
    }

    /// Makes the next piece of the body what is to be sent. false: it is not there yet.
    bool take_piece() {
        http::pieced_text piece = response_.stream->take();
        const bool is_end = piece.empty();
        if (is_end && !response_.stream->is_done()) return false;
        head_.clear();
        if (is_chunked_) piece = http::chunk(std::move(piece));
        response_.body = std::move(piece);
        sent_ = 0;
        if (is_end) end_stream();
        return true;
    }

    ssize_t send_some(const channel& to, std::size_t most) const {
        std::array<std::string_view, channel::most_pieces> pieces;
        std::size_t count = 0;
        const std::size_t end = std::min(sent_ + most, head_.size() + response_.body.size());
        for (std::size_t at = sent_; at < end && count < pieces.size(); ++count) {
            pieces[count] = rest_of_piece(at).substr(0, end - at);
            at += pieces[count].size();
        }
        return to.send({pieces.data(), count});
    }

    [[nodiscard]] std::string_view rest_of_piece(std::size_t at) const noexcept {
        return at < head_.size() ? std::string_view(head_).substr(at)
                                 : response_.body.rest_of_piece(at - head_.size());
    }

    http::response response_;  // its body is, where it has a stream, the piece that is being sent
    std::string head_;
    std::size_t sent_ = 0;  // of head and body together
    bool is_chunked_ = false;
};

}  // namespace restful_functions::transport::detail
