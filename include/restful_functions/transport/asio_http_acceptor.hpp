/// Accepts the clients of one listening socket.
#pragma once

#include <restful_functions/detail/unique_fd.hpp>
#include <restful_functions/transport/accepting.hpp>
#include <restful_functions/transport/asio_http_loop.hpp>
#include <restful_functions/transport/asio_http_rtti.hpp>

#include <asio/io_context.hpp>

#include <cerrno>
#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <system_error>
#include <utility>

namespace restful_functions::transport::detail {

/// Takes clients as they come, as long as there is room for them. When the system has none, it
/// waits until a connection has ended or some time has passed, and never asks in vain in between.
class acceptor : public std::enable_shared_from_this<acceptor> {
 public:
    using unique_fd = restful_functions::detail::unique_fd;

    struct events {
        std::function<bool()> has_room;
        std::function<bool()> make_room;  ///< for a client who waits
        std::function<void(unique_fd)> on_client;
    };

    acceptor(asio::io_context& loop, unique_fd listening, accepting& seam, events calls)
        : socket_(loop, listening.get()), retry_(loop), seam_(seam), calls_(std::move(calls)) {
        static_cast<void>(listening.release());  // the socket has taken it
    }

    /// Goes on accepting if it was not; also called when a connection has ended. Where there is no
    /// memory for that, the next one that ends asks again.
    void resume() noexcept try {
        if (is_waiting_ || !socket_.is_open()) return;
        is_waiting_ = true;
        socket_.async_wait(loop_descriptor::wait_read,
                           [weak = weak_from_this()](const std::error_code& failed) {
                               const auto self = weak.lock();
                               if (!self) return;
                               self->is_waiting_ = false;
                               if (!failed) self->accept();
                           });
    } catch (const std::exception&) {
        is_waiting_ = false;
    }

    /// Takes the clients who wait already, and refuses further ones.
    void close_after_waiting() {
        while (socket_.is_open() && calls_.has_room()) {
            unique_fd client(seam_.accept(socket_.native_handle()));
            if (client) {
                calls_.on_client(std::move(client));
            } else if (classify_accept_failure(errno) != accept_failure::client_lost) {
                break;
            }
        }
        close();
    }

    /// Refuses further clients.
    void close() {
        std::error_code ignored;
        socket_.close(ignored);
    }

 private:
    // The clients who are there already get their turn between so many new ones.
    static constexpr int most_at_once = 64;
    static constexpr std::chrono::milliseconds retry_after{200};

    void accept() {
        if (!calls_.make_room()) return;  // the connection that ends next calls resume()
        for (int i = 0; i < most_at_once && calls_.has_room(); ++i) {
            unique_fd client(seam_.accept(socket_.native_handle()));
            if (client) {
                calls_.on_client(std::move(client));
                continue;
            }
            switch (classify_accept_failure(errno)) {
                case accept_failure::client_lost:
                    continue;
                case accept_failure::no_client:
                    return resume();
                case accept_failure::out_of_supply:
                    return retry_later();
            }
        }
        resume();
    }

    void retry_later() {
        retry_.expires_after(retry_after);
        retry_.async_wait([weak = weak_from_this()](const std::error_code& failed) {
            const auto self = weak.lock();
            if (self && !failed) self->resume();
        });
    }

    loop_descriptor socket_;
    loop_timer retry_;
    accepting& seam_;
    events calls_;
    bool is_waiting_ = false;
};

}  // namespace restful_functions::transport::detail
