/// channel: the bytes of one connection, as they are or encrypted.
#pragma once

#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

namespace restful_functions::transport {

/// What encrypts the bytes of one connection. None of its members blocks.
class secure_session {
 public:
    /// What a call that failed with EAGAIN waits for; often not what its name says, for the two
    /// sides also talk about the encryption itself.
    enum class waits_for : std::uint8_t { reading, writing };

    secure_session() = default;
    secure_session(const secure_session&) = delete;
    secure_session& operator=(const secure_session&) = delete;
    virtual ~secure_session() = default;

    /// Like recv(2): how many bytes, 0 at the end, or -1 and errno.
    virtual ssize_t receive(char* bytes, std::size_t size) = 0;
    /// Like send(2), of two pieces.
    virtual ssize_t send(std::string_view first, std::string_view second) = 0;
    /// Says that no more will be sent.
    virtual void end() noexcept = 0;
    /// Of the last call that failed with EAGAIN.
    [[nodiscard]] virtual waits_for waiting() const noexcept = 0;
};

/// What makes a session for each connection; one for all transports of a server.
class session_source {
 public:
    session_source() = default;
    session_source(const session_source&) = delete;
    session_source& operator=(const session_source&) = delete;
    virtual ~session_source() = default;

    /// For a socket that somebody else owns and that outlives the session. Throws when there is no
    /// memory.
    [[nodiscard]] virtual std::unique_ptr<secure_session> open(int socket) = 0;
    /// Reads its files again, for the connections to come. Throws std::runtime_error and leaves all
    /// as it was when they are unfit.
    virtual void reload() = 0;
};

namespace detail {

/// One connection's bytes. Without a session they are the system's own calls.
class channel {
 public:
    channel(int socket, std::unique_ptr<secure_session> session) noexcept
        : socket_(socket), session_(std::move(session)) {}

    ssize_t receive(char* bytes, std::size_t size) const {
        return session_ ? session_->receive(bytes, size)
                        : ::recv(socket_, bytes, size, MSG_DONTWAIT);
    }

    /// Both leave in one packet if they fit.
    ssize_t send(std::string_view first, std::string_view second) const {
        if (session_) return session_->send(first, second);
        std::array<iovec, 2> parts{{{const_cast<char*>(first.data()), first.size()},
                                    {const_cast<char*>(second.data()), second.size()}}};
        msghdr message{};
        message.msg_iov = parts.data();
        message.msg_iovlen = parts.size();
        return ::sendmsg(socket_, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    }

    /// Whether all of a short text could be sent.
    [[nodiscard]] bool send_at_once(std::string_view text) const {
        return send(text, {}) == static_cast<ssize_t>(text.size());
    }

    void end() const noexcept {
        if (session_) session_->end();
        ::shutdown(socket_, SHUT_WR);
    }

    /// Whether a receive() or send() that failed with EAGAIN can go on when the socket is readable.
    [[nodiscard]] bool waits_for_reading(bool receives) const noexcept {
        return session_ ? session_->waiting() == secure_session::waits_for::reading : receives;
    }

 private:
    int socket_;
    std::unique_ptr<secure_session> session_;
};

}  // namespace detail
}  // namespace restful_functions::transport
