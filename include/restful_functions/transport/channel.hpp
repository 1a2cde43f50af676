/// channel: the bytes of one connection, as they are or encrypted.
#pragma once

#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
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
    /// Like send(2), of several pieces, of which some may be empty. A call that failed with EAGAIN
    /// is to be made again with the same bytes, and perhaps more behind them.
    virtual ssize_t send(std::span<const std::string_view> pieces) = 0;
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

    /// So many pieces leave together.
    static constexpr std::size_t most_pieces = 8;

    /// Sends some of the bytes; all leave in one packet if they fit. At most `most_pieces`.
    ssize_t send(std::span<const std::string_view> pieces) const {
        if (session_) return session_->send(pieces);
        std::array<iovec, most_pieces> parts;
        std::transform(pieces.begin(), pieces.end(), parts.begin(), [](std::string_view piece) {
            return iovec{const_cast<char*>(piece.data()), piece.size()};
        });
        msghdr message{};
        message.msg_iov = parts.data();
        message.msg_iovlen = pieces.size();
        return ::sendmsg(socket_, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    }

    /// Whether all of a short text could be sent.
    [[nodiscard]] bool send_at_once(std::string_view text) const {
        return send({&text, 1}) == static_cast<ssize_t>(text.size());
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
