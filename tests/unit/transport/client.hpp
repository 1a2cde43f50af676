/// A client in the same thread as the server: while it waits, the server's loop runs.
#pragma once

#include <restful_functions/detail/unique_fd.hpp>
#include <restful_functions/transport/listener.hpp>

#include <asio/io_context.hpp>
#include <doctest/doctest.h>

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

/// Runs the loop until something is true. A server from which nothing comes for that long never
/// does it.
inline void run_until(asio::io_context& loop, const std::function<bool()>& is_true) {
    while (!is_true()) REQUIRE(loop.run_one_for(std::chrono::seconds(30)) == 1);
}

class client {
 public:
    client(asio::io_context& loop, std::uint16_t port, int family = AF_INET)
        : loop_(loop), socket_(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in v4{};
        v4.sin_family = AF_INET;
        v4.sin_port = htons(port);
        v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        sockaddr_in6 v6{};
        v6.sin6_family = AF_INET6;
        v6.sin6_port = htons(port);
        v6.sin6_addr = in6addr_loopback;
        if (family == AF_INET)
            connect(&v4, sizeof v4);
        else
            connect(&v6, sizeof v6);
    }

    client(asio::io_context& loop, const std::string& path)
        : loop_(loop), socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un name{};
        name.sun_family = AF_UNIX;
        std::memcpy(name.sun_path, path.c_str(), path.size() + 1);
        connect(&name, sizeof name);
    }

    void send(std::string_view bytes) {
        while (!bytes.empty()) {
            const ssize_t size =
                ::send(socket_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
            if (size < 0) {
                REQUIRE(errno == EAGAIN);
                run_one();
            } else {
                bytes.remove_prefix(static_cast<std::size_t>(size));
            }
        }
    }

    /// As much as fits without the server's doing; returns what was sent.
    std::size_t send_what_fits(std::string_view bytes) {
        const ssize_t size =
            ::send(socket_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        return size < 0 ? 0 : static_cast<std::size_t>(size);
    }

    /// The next response, head and body; without a body when the request was HEAD.
    std::string receive(bool is_head = false) {
        while (got_.find("\r\n\r\n") == std::string::npos) REQUIRE(receive_some());
        std::size_t size = got_.find("\r\n\r\n") + 4;
        const std::size_t length = got_.find("Content-Length: ");
        if (length < size && !is_head) size += std::stoul(got_.substr(length + 16));
        while (got_.size() < size) REQUIRE(receive_some());
        return std::exchange(got_, got_.substr(size)).substr(0, size);
    }

    /// Whether something has come that was not received yet.
    [[nodiscard]] bool has_data() const {
        char first;
        return ::recv(socket_.get(), &first, 1, MSG_DONTWAIT | MSG_PEEK) == 1;
    }

    /// All that comes until the server closes.
    std::string receive_all() {
        while (receive_some()) {
        }
        return std::exchange(got_, {});
    }

    /// Sends no more, but reads.
    void half_close() { ::shutdown(socket_.get(), SHUT_WR); }
    void close() { socket_.reset(); }
    /// Goes away without a word.
    void reset() {
        const linger at_once{1, 0};
        ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        close();
    }

 private:
    template <class Address>
    void connect(const Address* address, socklen_t size) {
        REQUIRE(::connect(socket_.get(), reinterpret_cast<const sockaddr*>(address), size) == 0);
    }

    void run_one() { REQUIRE(loop_.run_one_for(std::chrono::seconds(30)) == 1); }

    bool receive_some() {
        char buffer[64 * 1024];
        for (;;) {
            const ssize_t size = ::recv(socket_.get(), buffer, sizeof buffer, MSG_DONTWAIT);
            if (size > 0) got_.append(buffer, static_cast<std::size_t>(size));
            if (size >= 0) return size > 0;
            REQUIRE(errno == EAGAIN);
            run_one();
        }
    }

    asio::io_context& loop_;
    restful_functions::detail::unique_fd socket_;
    std::string got_;
};

inline std::string get(const std::string& target, const std::string& fields = "",
                       const std::string& version = "1.1") {
    return "GET " + target + " HTTP/" + version + "\r\nHost: a\r\n" + fields + "\r\n";
}

/// The body of a response.
inline std::string body_of(const std::string& response) {
    return response.substr(response.find("\r\n\r\n") + 4);
}
/// Its status code, as text.
inline std::string status_of(const std::string& response) { return response.substr(9, 3); }
