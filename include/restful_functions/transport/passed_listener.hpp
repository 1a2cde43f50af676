/// passed_listener: listening sockets that somebody else has opened.
#pragma once

#include <restful_functions/detail/unique_fd.hpp>
#include <restful_functions/transport/listener.hpp>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace restful_functions::transport {

namespace detail {

inline int number_option(int descriptor, int name) noexcept {
    int value = 0;
    socklen_t size = sizeof value;
    return ::getsockopt(descriptor, SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
}

/// Where a socket listens, as people write it, and whether others than this machine reach it.
inline std::pair<std::string, bool> place_of(int descriptor) {
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    auto* const name = reinterpret_cast<sockaddr*>(&storage);
    ::getsockname(descriptor, name, &size);
    if (storage.ss_family == AF_UNIX) {
        const auto* path = reinterpret_cast<const sockaddr_un*>(&storage)->sun_path;
        const bool has_path = size > offsetof(sockaddr_un, sun_path) && path[0] != '\0';
        return {std::string("unix:") + (has_path ? path : ""), true};
    }
    std::array<char, INET6_ADDRSTRLEN> host{};
    const bool is_ipv4 = storage.ss_family == AF_INET;
    const void* const address =
        is_ipv4 ? static_cast<const void*>(&reinterpret_cast<sockaddr_in*>(&storage)->sin_addr)
                : &reinterpret_cast<sockaddr_in6*>(&storage)->sin6_addr;
    ::inet_ntop(storage.ss_family, address, host.data(), host.size());
    return {"http://" + to_string(tcp_address{host.data(), port_of(descriptor)}),
            is_loopback(*name)};
}

}  // namespace detail

/// Whether one of its sockets is of TCP; the others are of the file system.
inline bool has_tcp(const listener& opened) noexcept {
    return std::any_of(opened.sockets.begin(), opened.sockets.end(), [](const auto& socket) {
        return detail::number_option(socket.get(), SO_DOMAIN) != AF_UNIX;
    });
}

/// Makes a listener of sockets that a service manager has passed. Clients that are not accepted
/// when the server ends stay in the queue for the one that follows it. Throws std::invalid_argument
/// when one of them is no listening stream socket of TCP or of the file system.
inline listener listen_at_passed(std::vector<restful_functions::detail::unique_fd> sockets) {
    listener opened;
    opened.is_passed = true;
    for (auto& socket : sockets) {
        const int family = detail::number_option(socket.get(), SO_DOMAIN);
        const bool is_known = family == AF_INET || family == AF_INET6 || family == AF_UNIX;
        if (!is_known || detail::number_option(socket.get(), SO_ACCEPTCONN) != 1 ||
            detail::number_option(socket.get(), SO_TYPE) != SOCK_STREAM) {
            throw std::invalid_argument("descriptor " + std::to_string(socket.get()) +
                                        ", which LISTEN_FDS tells of, is no listening socket: look "
                                        "at the socket unit");
        }
        ::fcntl(socket.get(), F_SETFD, FD_CLOEXEC);
        ::fcntl(socket.get(), F_SETFL, ::fcntl(socket.get(), F_GETFL) | O_NONBLOCK);
        const auto [url, is_local] = detail::place_of(socket.get());
        if (opened.url.empty()) {
            opened.url = url;
            opened.port = family == AF_UNIX ? 0 : detail::port_of(socket.get());
        }
        opened.is_local = opened.is_local && is_local;
        opened.sockets.push_back(std::move(socket));
    }
    return opened;
}

}  // namespace restful_functions::transport
