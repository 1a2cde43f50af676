/// outgoing: a response on its way to its client.
#pragma once

#include <restful_functions/http/body_stream.hpp>
#include <restful_functions/http/message.hpp>
#include <restful_functions/http/writer.hpp>
#include <restful_functions/transport/channel.hpp>

#include <sys/types.h>

#include <algorithm>
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
    yielding,  ///< the next piece takes time to make: other clients are served first
    failed     ///< the client has gone
};

/// Head and body, the latter whole or piece by piece as it is made. Empty, it holds no memory.
class outgoing {
 public:
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
        if (!http::sends_body(response_, with)) {
            response_.body.clear();
            end_stream();
        }
        if (response_.stream) response_.stream->on_news(std::move(on_more));
    }

    /// Whether the connection ends with it.
    [[nodiscard]] bool is_last() const noexcept { return response_.close; }

    /// Sends what the channel takes.
    sending send_to(const channel& to) {
        for (bool is_first = true;; is_first = false) {
            while (sent_ < head_.size() + response_.body.size()) {
                const ssize_t size = send_some(to);
                if (size < 0 && errno == EINTR) continue;
                if (size < 0) return errno == EAGAIN ? sending::blocked : sending::failed;
                sent_ += static_cast<std::size_t>(size);
            }
            if (!response_.stream) return sending::done;
            if (response_.stream->is_made_on_demand() && !is_first) return sending::yielding;
            if (!take_piece()) return sending::starved;
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
        const std::string piece = response_.stream->take();
        if (piece.empty() && !response_.stream->is_done()) return false;
        head_ = is_chunked_ ? http::chunk(piece) : piece;
        sent_ = 0;
        if (piece.empty()) end_stream();
        return true;
    }

    ssize_t send_some(const channel& to) {
        const std::string_view head = head_;
        const std::string_view body = response_.body;
        const std::string_view rest_of_head = head.substr(std::min(sent_, head.size()));
        return to.send(rest_of_head, body.substr(sent_ - (head.size() - rest_of_head.size())));
    }

    http::response response_;
    std::string head_;      // then, of a body that comes in pieces, the piece
    std::size_t sent_ = 0;  // of head and body together
    bool is_chunked_ = false;
};

}  // namespace restful_functions::transport::detail
