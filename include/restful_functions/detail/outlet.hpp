/// outlet: writes to a descriptor that others use, too, and does not wait for who reads there.
#pragma once

#include <restful_functions/detail/unique_fd.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstddef>
#include <string>
#include <string_view>

namespace restful_functions::detail {

/// Does not own the descriptor, and leaves it blocking for the others. Writing where nobody reads
/// any more raises SIGPIPE, as write(2) does, unless it is a socket.
class outlet {
 public:
    explicit outlet(int descriptor) : descriptor_(descriptor) {
        struct stat what {};
        if (::fstat(descriptor, &what) == 0) kind_ = what.st_mode & S_IFMT;
        // A socket cannot be opened a second time; and a file takes every write at once, while a
        // second description has an offset of its own: what others write would lie over our lines.
        if (kind_ == S_IFREG || kind_ == S_IFSOCK) return;
        // A description of our own, which may be non-blocking without everybody's being so. The
        // pipe or terminal of another user may not be opened, e.g. after su(1).
        const std::string name = "/proc/self/fd/" + std::to_string(descriptor);
        own_.reset(::open(name.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_APPEND | O_CLOEXEC));
    }

    /// As write(2); EAGAIN when nothing can be written at once.
    [[nodiscard]] ssize_t write(std::string_view text) const noexcept {
        if (own_) return ::write(own_.get(), text.data(), text.size());
        if (kind_ == S_IFREG) return ::write(descriptor_, text.data(), text.size());
        if (kind_ == S_IFSOCK)
            return ::send(descriptor_, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        return write_blocking(text);
    }

 private:
    /// A pipe that poll(2) finds writable has room for PIPE_BUF bytes, a terminal for a piece. This
    /// can still wait: when another process takes the room between the two calls, and then nobody
    /// reads; and for a device that says that it is ready and is not.
    [[nodiscard]] ssize_t write_blocking(std::string_view text) const noexcept {
        pollfd ready{descriptor_, POLLOUT, 0};
        if (::poll(&ready, 1, 0) == 0) {
            errno = EAGAIN;
            return -1;
        }
        const std::size_t size = kind_ == S_IFCHR ? terminal_piece(text) : PIPE_BUF;
        return ::write(descriptor_, text.data(), std::min(text.size(), size));
    }

    /// A terminal divides a text at line ends and tabs, of which it makes several bytes, and waits
    /// for room before each part, without looking whether it may. Where it is ready there is room
    /// for one: 256 bytes in a pseudo-terminal, more elsewhere.
    [[nodiscard]] static std::size_t terminal_piece(std::string_view text) noexcept {
        const auto control =
            std::find_if(text.begin(), text.end(), [](unsigned char each) { return each < ' '; });
        return std::clamp<std::size_t>(static_cast<std::size_t>(control - text.begin()), 1, 128);
    }

    int descriptor_;
    mode_t kind_ = 0;  ///< S_IFMT of its mode; 0 for none that is open
    unique_fd own_;
};

}  // namespace restful_functions::detail
