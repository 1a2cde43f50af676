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

inline void set_option(int descriptor, int level, int name, int value = 1) noexcept {
    ::setsockopt(descriptor, level, name, &value, sizeof value);
}

/// Has the system ask clients of TCP that are silent whether they are still there: one that has
/// gone without a word, or has closed both ways while it waits for an answer, is noticed within two
/// minutes. Sockets that are accepted have the options of the listening one (tcp(7)).
inline void probe_silent_clients(int listening) noexcept {
    set_option(listening, SOL_SOCKET, SO_KEEPALIVE);
    set_option(listening, IPPROTO_TCP, TCP_KEEPIDLE, 60);
    set_option(listening, IPPROTO_TCP, TCP_KEEPINTVL, 15);
    set_option(listening, IPPROTO_TCP, TCP_KEEPCNT, 4);
}

inline bool is_loopback(const sockaddr& address) noexcept {
    if (address.sa_family == AF_INET) {
        const auto& name = reinterpret_cast<const sockaddr_in&>(address);
        return ntohl(name.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
    }
    return address.sa_family == AF_INET6 &&
           IN6_IS_ADDR_LOOPBACK(&reinterpret_cast<const sockaddr_in6&>(address).sin6_addr);
}

inline std::uint16_t port_of(int descriptor) {
    sockaddr_storage bound{};
    socklen_t size = sizeof bound;
    ::getsockname(descriptor, reinterpret_cast<sockaddr*>(&bound), &size);
    // Both families have the port at the same place.
    return ntohs(reinterpret_cast<const sockaddr_in&>(bound).sin_port);
}

// What to do when the system refuses an address with that error.
inline std::string tcp_advice(int error) {
    switch (error) {
        case EADDRINUSE:
            return "another program has that port; stop it, or choose another port (0 is any free "
                   "one)";
        case EACCES:
            return "ports below 1024 need rights (CAP_NET_BIND_SERVICE); choose a higher one";
        case EADDRNOTAVAIL:
            return "no interface of this machine has that address; choose one that \"ip address\" "
                   "lists, or 0.0.0.0 for all";
        default:
            return "the system refuses a listening socket there";
    }
}

inline std::string unix_advice(int error) {
    switch (error) {
        case EADDRINUSE:
            return "a server listens there, or the file is no socket; stop the server, or choose "
                   "another path";
        case EACCES:
        case EROFS:
            return "this user may not make a file there; choose another directory";
        case ENOENT:
        case ENOTDIR:
            return "the directory is not there; make it, or choose another one";
        default:
            return "the system refuses a listening socket there";
    }
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

inline bool is_same(const addrinfo& a, const addrinfo& b) noexcept {
    return a.ai_family == b.ai_family && a.ai_addrlen == b.ai_addrlen &&
           std::memcmp(a.ai_addr, b.ai_addr, a.ai_addrlen) == 0;
}

// A host that is listed twice in /etc/hosts has the same address twice.
inline bool is_listed_before(const addrinfo& address, const addrinfo* list) noexcept {
    while (list != &address && !is_same(*list, address)) list = list->ai_next;
    return list != &address;
}

// Makes a listening socket at that port of an address; 0, or the error.
inline int open_at(const addrinfo& address, std::uint16_t port, unique_fd& opened) {
    unique_fd socket = open_socket(address.ai_family);
    if (!socket) return errno;
    set_option(socket.get(), SOL_SOCKET, SO_REUSEADDR);
    // Linux hands these on to the accepted sockets, which saves the calls for each.
    set_option(socket.get(), IPPROTO_TCP, TCP_NODELAY);
    sockaddr_storage storage{};
    std::memcpy(&storage, address.ai_addr, address.ai_addrlen);
    auto* const name = reinterpret_cast<sockaddr*>(&storage);
    // Both families have the port at the same place.
    reinterpret_cast<sockaddr_in*>(name)->sin_port = htons(port);
    if (::bind(socket.get(), name, address.ai_addrlen) != 0 ||
        ::listen(socket.get(), SOMAXCONN) != 0)
        return errno;
    opened = std::move(socket);
    return 0;
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
    bool is_local = true;    ///< Only this machine can reach it.
    bool is_passed = false;  ///< Somebody else has it open, too, for the server that follows.
};

namespace detail {

// Listens at each of the addresses that can be had. With port 0 the first one chooses the port of
// all. 0, or the error: of none of them, or EADDRINUSE of any.
inline int open_each(const addrinfo* list, std::uint16_t port, listener& opened) {
    opened.port = port;
    int error = EADDRNOTAVAIL;
    for (const addrinfo* a = list; a != nullptr; a = a->ai_next) {
        if (is_listed_before(*a, list)) continue;
        unique_fd socket;
        error = open_at(*a, opened.port, socket);
        if (error == EADDRINUSE) return error;
        // E.g. a machine without IPv6 whose "localhost" has an IPv6 address.
        if (error != 0) continue;
        opened.port = port_of(socket.get());
        opened.is_local = opened.is_local && is_loopback(*a->ai_addr);
        opened.sockets.push_back(std::move(socket));
    }
    return opened.sockets.empty() ? error : 0;
}

inline listener listen_at(const addrinfo* list, const tcp_address& where) {
    // The port that is free at the first address may be taken at the second.
    constexpr int most_attempts = 8;
    int error = 0;
    for (int attempt = 0; attempt < most_attempts; ++attempt) {
        listener opened;
        error = open_each(list, where.port, opened);
        if (error == 0) {
            opened.url = "http://" + to_string(tcp_address{where.host, opened.port});
            return opened;
        }
        if (error != EADDRINUSE || where.port != 0) break;
    }
    cannot_listen(to_string(where), error, tcp_advice(error));
}

}  // namespace detail

/// Whether a host's addresses are all those of this machine alone; false when it has none.
inline bool is_loopback(const std::string& host) {
    try {
        const auto list = detail::resolve({host, 0});
        for (const addrinfo* a = list.get(); a != nullptr; a = a->ai_next) {
            if (!detail::is_loopback(*a->ai_addr)) return false;
        }
        return true;
    } catch (const std::system_error&) {
        return false;
    }
}

/// Listens at every address of the host. Throws std::system_error, naming address and port and
/// what to do, when it can at none of them, or when another program has the port.
inline listener listen(const tcp_address& where) {
    return detail::listen_at(detail::resolve(where).get(), where);
}

/// Listens at a path. Who may write to its file, as the mode says, may connect (unix(7)). A socket
/// file left behind by a server that is gone is replaced. Throws std::system_error, naming the
/// path, when a server listens there or the file cannot be made.
inline listener listen(const unix_address& where, mode_t mode = S_IRUSR | S_IWUSR) {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    if (where.path.empty() || where.path.size() >= sizeof name.sun_path)
        detail::cannot_listen(where.path, EINVAL,
                              "the path of a socket has at least one byte and at most " +
                                  std::to_string(sizeof name.sun_path - 1));
    std::memcpy(name.sun_path, where.path.c_str(), where.path.size() + 1);

    detail::unique_fd socket = detail::open_socket(AF_UNIX);
    if (!socket) detail::cannot_listen(where.path, errno, detail::unix_advice(errno));
    // Linux gives the file that bind() makes the mode of its socket, less the umask.
    ::fchmod(socket.get(), mode);
    const auto bind = [&] {
        const auto* address = reinterpret_cast<const sockaddr*>(&name);
        return ::bind(socket.get(), address, sizeof name) == 0 ? 0 : errno;
    };
    int error = bind();
    if (error == EADDRINUSE && detail::remove_if_stale(name)) error = bind();
    if (error == 0 && ::chmod(name.sun_path, mode) != 0) error = errno;
    if (error == 0 && ::listen(socket.get(), SOMAXCONN) != 0) error = errno;
    if (error != 0) detail::cannot_listen(where.path, error, detail::unix_advice(error));

    listener opened;
    opened.url = "unix:" + where.path;
    opened.file.emplace(where.path);
    opened.sockets.push_back(std::move(socket));
    return opened;
}

}  // namespace restful_functions::transport
