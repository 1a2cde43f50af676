/// A client in the same thread as the server: while it waits, the server's loop runs.
#pragma once

#include <restful_functions/detail/unique_fd.hpp>
#include <restful_functions/transport/listener.hpp>

#include "../text_parts.hpp"

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

/// Runs the loop until something is true. What has not become true for that long never does, though
/// the loop may have something to do all the time.
inline void run_until(asio::io_context& loop, const std::function<bool()>& is_true) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    while (!is_true()) REQUIRE(loop.run_one_until(deadline) == 1);
}

/// Runs the loop until it has done all that there is to do now: it has read what was sent.
inline void run_until_quiet(asio::io_context& loop) {
    while (loop.poll() != 0) {
    }
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
            bytes.remove_prefix(eventually([&] {
                return ::send(socket_.get(), bytes.data(), bytes.size(),
                              MSG_DONTWAIT | MSG_NOSIGNAL);
            }));
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

    /// Whether the server has closed, and all before that was received.
    [[nodiscard]] bool has_ended() const {
        char first;
        return ::recv(socket_.get(), &first, 1, MSG_DONTWAIT | MSG_PEEK) == 0;
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

    // What a call returns that is to be made again when the server has done something.
    template <class Call>
    std::size_t eventually(Call call) {
        ssize_t size = -1;
        run_until(loop_, [&] {
            size = call();
            if (size < 0) REQUIRE(errno == EAGAIN);
            return size >= 0;
        });
        return static_cast<std::size_t>(size);
    }

    bool receive_some() {
        char buffer[64 * 1024];
        const std::size_t size =
            eventually([&] { return ::recv(socket_.get(), buffer, sizeof buffer, MSG_DONTWAIT); });
        got_.append(buffer, size);
        return size > 0;
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

/// Sends a request and expects its answer, behind which the connection goes on.
inline void expect_service(client& c, const std::string& target = "/a") {
    c.send(get(target));
    const std::string answer = c.receive();
    CHECK(body_of(answer) == "GET " + target + " ");
    CHECK(!contains(answer, "Connection: close\r\n"));
}
