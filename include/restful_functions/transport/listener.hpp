/// Listening sockets, over TCP and in the file system.
#pragma once

#include <restful_functions/detail/unique_fd.hpp>

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace restful_functions::transport {

/// Where to listen over TCP. The host is a name or an IPv4 or IPv6 address; a name with several
/// addresses, as "localhost", is listened to at each of them. Port 0 is any free one.
struct tcp_address {
    std::string host = "127.0.0.1";
    std::uint16_t port = 8888;
};

/// Where to listen in the file system, for `curl --unix-socket`.
struct unix_address {
    std::string path;
};

/// The address as people write it, e.g. "127.0.0.1:8888" or "[::1]:8888".
inline std::string to_string(const tcp_address& where) {
    const bool is_ipv6 = where.host.find(':') != std::string::npos;
    return (is_ipv6 ? "[" + where.host + "]" : where.host) + ":" + std::to_string(where.port);
}

namespace detail {

using restful_functions::detail::unique_fd;

// The owner of the file that a Unix socket is found by. Leaves a file alone that has taken its
// place, which has another number: as long as the socket is open, its own number is not free. So
// the file goes before the socket.
class socket_file {
 public:
    explicit socket_file(std::string path) : path_(std::move(path)) {
        ::lstat(path_.c_str(), &made_);
    }
    socket_file(socket_file&& other) noexcept
        : path_(std::exchange(other.path_, {})), made_(other.made_) {}
    socket_file& operator=(socket_file&&) = delete;
    ~socket_file() {
        struct stat found {};
        if (!path_.empty() && ::lstat(path_.c_str(), &found) == 0 && found.st_ino == made_.st_ino &&
            found.st_dev == made_.st_dev)
            ::unlink(path_.c_str());
    }

 private:
    std::string path_;
    struct stat made_ {};
};

[[noreturn]] inline void cannot_listen(const std::string& where, int error,
                                       const std::string& why) {
    throw std::system_error(error, std::generic_category(),
                            "cannot listen on " + where + ": " + why);
}

inline unique_fd open_socket(int family) {
    return unique_fd(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

inline void set_option(int descriptor, int level, int name) noexcept {
    const int on = 1;
    ::setsockopt(descriptor, level, name, &on, sizeof on);
}

inline std::uint16_t port_of(int descriptor) {
    sockaddr_storage bound{};
    socklen_t size = sizeof bound;
    ::getsockname(descriptor, reinterpret_cast<sockaddr*>(&bound), &size);
    // Both families have the port at the same place.
    return ntohs(reinterpret_cast<const sockaddr_in&>(bound).sin_port);
}

using addresses = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

inline addresses resolve(const tcp_address& where) {
    addrinfo hints{};
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const std::string service = std::to_string(where.port);
    if (const int error = ::getaddrinfo(where.host.c_str(), service.c_str(), &hints, &found))
        cannot_listen(to_string(where), error == EAI_SYSTEM ? errno : EADDRNOTAVAIL,
                      std::string("the host is unknown (") + ::gai_strerror(error) + ")");
    return {found, &::freeaddrinfo};
}

// Takes the place of a socket file that no one listens to any more. Whether someone does is known
// only by connecting.
inline bool remove_if_stale(const sockaddr_un& name) {
    struct stat file {};
    if (::lstat(name.sun_path, &file) != 0 || !S_ISSOCK(file.st_mode)) return false;
    const unique_fd probe = open_socket(AF_UNIX);
    if (::connect(probe.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0)
        return false;
    return errno == ECONNREFUSED && ::unlink(name.sun_path) == 0;
}

}  // namespace detail

/// Sockets that clients can connect to, not blocking, closed in other programs. A socket file goes
/// with it.
struct listener {
    std::vector<detail::unique_fd> sockets;
    std::uint16_t port = 0;  ///< The one that was taken; 0 for a Unix socket.
    std::string url;         ///< For people and programs, e.g. "http://127.0.0.1:8888".
    std::optional<detail::socket_file> file;
};

/// Listens at every address of the host. Throws std::system_error, naming address and port, when
/// it can at none of them, or when another program has the port.
inline listener listen(const tcp_address& where) {
    listener opened;
    opened.port = where.port;
    int error = EADDRNOTAVAIL;
    const detail::addresses found = detail::resolve(where);
    for (const addrinfo* a = found.get(); a != nullptr; a = a->ai_next) {
        detail::unique_fd socket = detail::open_socket(a->ai_family);
        error = errno;
        if (!socket) continue;  // e.g. a machine without IPv6 whose "localhost" has an IPv6 address
        detail::set_option(socket.get(), SOL_SOCKET, SO_REUSEADDR);
        // Linux hands these on to the accepted sockets, which saves the calls for each.
        detail::set_option(socket.get(), SOL_SOCKET, SO_KEEPALIVE);
        detail::set_option(socket.get(), IPPROTO_TCP, TCP_NODELAY);
        // With port 0 the first address chooses the port of all. Both families have it at the same
        // place.
        reinterpret_cast<sockaddr_in*>(a->ai_addr)->sin_port = htons(opened.port);
        if (::bind(socket.get(), a->ai_addr, a->ai_addrlen) != 0 ||
            ::listen(socket.get(), SOMAXCONN) != 0) {
            error = errno;
            if (error == EADDRINUSE) break;
            continue;
        }
        opened.port = detail::port_of(socket.get());
        opened.sockets.push_back(std::move(socket));
    }
    if (error == EADDRINUSE)
        detail::cannot_listen(to_string(where), error,
                              "another program has that port; stop it, or choose another port (0 "
                              "is any free one)");
    if (opened.sockets.empty())
        detail::cannot_listen(to_string(where), error, "the address cannot be had");
    opened.url = "http://" + to_string(tcp_address{where.host, opened.port});
    return opened;
}

/// Listens at a path that only this user may connect to (mode 0600). A socket file left behind by a
/// server that is gone is replaced. Throws std::system_error, naming the path, when a server
/// listens there or the file cannot be made.
inline listener listen(const unix_address& where) {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    if (where.path.empty() || where.path.size() >= sizeof name.sun_path)
        detail::cannot_listen(where.path, EINVAL,
                              "the path of a socket has at least one byte and at most " +
                                  std::to_string(sizeof name.sun_path - 1));
    std::memcpy(name.sun_path, where.path.c_str(), where.path.size() + 1);

    detail::unique_fd socket = detail::open_socket(AF_UNIX);
    // Linux gives the file that bind() makes the mode of its socket.
    ::fchmod(socket.get(), S_IRUSR | S_IWUSR);
    const auto bind = [&] {
        const auto* address = reinterpret_cast<const sockaddr*>(&name);
        return ::bind(socket.get(), address, sizeof name) == 0 ? 0 : errno;
    };
    int error = bind();
    if (error == EADDRINUSE && detail::remove_if_stale(name)) error = bind();
    if (error == EADDRINUSE)
        detail::cannot_listen(where.path, error,
                              "a server listens there, or the file is no socket; stop the server, "
                              "or choose another path");
    if (error != 0 || ::listen(socket.get(), SOMAXCONN) != 0)
        detail::cannot_listen(where.path, error != 0 ? error : errno, "the socket cannot be made");

    listener opened;
    opened.url = "unix:" + where.path;
    opened.file.emplace(where.path);
    opened.sockets.push_back(std::move(socket));
    return opened;
}

}  // namespace restful_functions::transport
