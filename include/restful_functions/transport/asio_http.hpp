/// HTTP over TCP or a Unix socket, on an asio::io_context.
#pragma once

#include <restful_functions/detail/unique_fd.hpp>
#include <restful_functions/transport/accepting.hpp>
#include <restful_functions/transport/asio_http_acceptor.hpp>
#include <restful_functions/transport/asio_http_connections.hpp>
#include <restful_functions/transport/asio_http_rtti.hpp>
#include <restful_functions/transport/http_options.hpp>
#include <restful_functions/transport/listener.hpp>
#include <restful_functions/transport/transport.hpp>

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/local/stream_protocol.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace restful_functions::api {
class service;
}

namespace restful_functions::transport {

namespace detail {

/// Serves the clients of listening sockets, whatever protocol carries their bytes.
template <class Service>
class http_server {
    static_assert(service<Service>);

 public:
    http_server(asio::io_context& loop, Service& served, listener opened,
                const http_options& options, accepting& seam = accepting::real())
        : connections_(loop, served, checked(options), [this] { accept_on(); }),
          listener_(std::move(opened)) {
        if (options.sessions && listener_.url.starts_with("http:"))
            listener_.url.insert(sizeof "http" - 1, "s");
        for (auto& socket : listener_.sockets) {
            probe_silent_clients(socket.get());
            acceptors_.push_back(std::make_shared<acceptor>(
                loop, std::move(socket), seam,
                acceptor::events{[this] { return !connections_.is_full(); },
                                 [this] { return connections_.make_room(); },
                                 [this](auto client) { connections_.open(std::move(client)); }}));
        }
        accept_on();
    }
    http_server(const http_server&) = delete;
    http_server& operator=(const http_server&) = delete;

    /// The port it listens on, also when it was to be any free one; 0 for a Unix socket.
    [[nodiscard]] std::uint16_t port() const noexcept { return listener_.port; }

    /// Where it listens, e.g. "http://127.0.0.1:8888" or "unix:/run/functions.sock".
    [[nodiscard]] const std::string& url() const noexcept { return listener_.url; }

    /// How many connections are open.
    [[nodiscard]] std::size_t connections() const noexcept { return connections_.size(); }

    /// Whether no request waits for its response, and no response for its client.
    [[nodiscard]] bool quiet() const noexcept { return connections_.is_quiet(); }

    /// To be called by who has changed the service's next deadline without a request, e.g. by
    /// terminating its tasks.
    void follow_deadline() { connections_.follow_deadline(); }

    /// Refuses new connections, and ends each open one with its next response. Clients who have
    /// connected already are served, unless a server that follows has the sockets, too.
    void drain() {
        listener_.file.reset();
        connections_.drain();
        for (const auto& each : acceptors_) {
            listener_.is_passed ? each->close() : each->close_after_waiting();
        }
    }

    /// Whether every open connection has a request that waits for its response, or a response that
    /// waits for its client.
    [[nodiscard]] bool all_busy() const noexcept { return connections_.all_busy(); }

    /// Ends the connections without a request.
    void close_idle() { connections_.close_idle(); }

 private:
    void accept_on() {
        for (const auto& each : acceptors_) each->resume();
    }

    detail::connections<Service> connections_;
    std::vector<std::shared_ptr<acceptor>> acceptors_;
    listener listener_;  // its sockets are with the acceptors; goes before them, see socket_file
};

template <class Protocol>
struct address_of;
template <>
struct address_of<asio::ip::tcp> {
    using type = tcp_address;
};
template <>
struct address_of<asio::local::stream_protocol> {
    using type = unix_address;
};

}  // namespace detail

/// Serves HTTP/1.1 and HTTP/1.0 on a loop that is the caller's:
///
///     asio::io_context loop;
///     transport::asio_http<asio::ip::tcp> http(loop, service, {.host = "::1", .port = 0});
///     std::cout << http.url() << '\n';
///     loop.run();
///
/// The protocol is asio::ip::tcp with a tcp_address, or asio::local::stream_protocol with a
/// unix_address. A service may have several transports on one loop. The loop is run by one thread
/// at a time; the service and the loop outlive the transport, which ends its connections when it
/// goes. It must not go from within a reply. It listens wherever it is told to: at an address that
/// others than this machine reach, have the service tell its callers apart.
template <class Protocol, class Service = api::service>
class asio_http : public detail::http_server<Service> {
 public:
    using address = typename detail::address_of<Protocol>::type;

    /// Listens, and serves as soon as the loop runs. Throws std::system_error when it cannot
    /// listen; the message names the address and says what to do. Throws std::invalid_argument for
    /// options that serve no one.
    asio_http(asio::io_context& loop, Service& served, const address& where,
              const http_options& options = {}, accepting& seam = accepting::real())
        : detail::http_server<Service>(loop, served, listen(where), options, seam) {}
};

}  // namespace restful_functions::transport
