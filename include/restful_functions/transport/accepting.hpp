/// The seam to accept(2), and what its errors mean for a server.
#pragma once

#include <sys/socket.h>

#include <cerrno>

namespace restful_functions::transport {

/// Takes the next client of a listening socket: a descriptor, or -1 and errno. A test derives from
/// it to run out of descriptors.
class accepting {
 public:
    accepting() = default;
    accepting(const accepting&) = delete;
    accepting& operator=(const accepting&) = delete;
    virtual ~accepting() = default;

    virtual int accept(int listening) {
        return ::accept4(listening, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    }

    static accepting& real() {
        static accepting instance;
        return instance;
    }
};

namespace detail {

/// What to do after accept(2) has failed.
enum class accept_failure {
    no_client,      ///< Wait until the socket is readable.
    client_lost,    ///< Go on: the error was of one client, who is gone.
    out_of_supply,  ///< Wait for descriptors or memory: the client is still there, and asking again
                    ///< at once would spin.
};

// Linux passes errors of the new connection's network on to accept(). Those that could as well be
// the socket's own or a firewall's for good are waited out: passing over them could spin.
inline accept_failure classify_accept_failure(int error) noexcept {
    switch (error) {
        case EAGAIN:
            return accept_failure::no_client;
        case EINTR:
        case ECONNABORTED:
        case EPROTO:
        case ENOPROTOOPT:
        case ENETDOWN:
        case ENETUNREACH:
        case EHOSTDOWN:
        case EHOSTUNREACH:
        case ENONET:
            return accept_failure::client_lost;
        default:
            return accept_failure::out_of_supply;
    }
}

}  // namespace detail

}  // namespace restful_functions::transport
