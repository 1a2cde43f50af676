/// line_log: lines for people and programs that never make the server wait.
#pragma once

#include <restful_functions/detail/unique_fd.hpp>

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <ctime>
#include <string>
#include <string_view>

namespace restful_functions::detail {

/// As long as it lives, writing to a pipe that nobody reads is an error and no signal.
class without_sigpipe {
 public:
    without_sigpipe() noexcept {
        ::sigemptyset(&pipe_);
        ::sigaddset(&pipe_, SIGPIPE);
        sigset_t pending;
        ::sigpending(&pending);
        was_pending_ = ::sigismember(&pending, SIGPIPE) == 1;
        ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
    }
    without_sigpipe(const without_sigpipe&) = delete;
    without_sigpipe& operator=(const without_sigpipe&) = delete;
    ~without_sigpipe() {
        const timespec now{};
        while (!was_pending_ && ::sigtimedwait(&pipe_, nullptr, &now) == -1 && errno == EINTR) {
        }
        ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    }

 private:
    sigset_t pipe_{};
    sigset_t before_{};
    bool was_pending_ = false;
};

/// Gathers lines, and writes many of them at a time to a descriptor that it does not own. What a
/// slow reader does not take is kept up to a bound; then lines are left out, and it says how many.
class line_log {
 public:
    explicit line_log(int descriptor) : descriptor_(descriptor) {
        // A description of our own, which may be non-blocking without everybody's being so. A
        // socket cannot be opened a second time; and a file takes every write at once, while a
        // second description has an offset of its own: what others write would lie over our lines.
        struct stat what {};
        is_file_ = ::fstat(descriptor, &what) == 0 && S_ISREG(what.st_mode);
        if (is_file_) return;
        const std::string name = "/proc/self/fd/" + std::to_string(descriptor);
        outlet_.reset(
            ::open(name.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_APPEND | O_CLOEXEC));
    }
    line_log(const line_log&) = delete;
    line_log& operator=(const line_log&) = delete;
    ~line_log() { flush(); }

    /// The line has no line end.
    void add(std::string_view line) {
        if (kept_.size() + line.size() >= most_kept) {
            ++left_out_;
            return;
        }
        if (left_out_ > 0) {
            kept_ += "restful-functions: " + std::to_string(left_out_) +
                     " lines were left out: nobody read them\n";
            left_out_ = 0;
        }
        kept_.append(line).append(1, '\n');
    }

    /// Writes what can be written at once.
    void flush() {
        const without_sigpipe quiet;
        std::size_t written = 0;
        while (written < kept_.size()) {
            const ssize_t size = write(std::string_view(kept_).substr(written));
            if (size < 0 && errno == EINTR) continue;
            if (size < 0 && errno == EAGAIN) break;
            if (size <= 0) written = kept_.size();  // nobody will ever read it
            if (size > 0) written += static_cast<std::size_t>(size);
        }
        kept_.erase(0, written);
    }

    [[nodiscard]] bool empty() const noexcept { return kept_.empty(); }

 private:
    static constexpr std::size_t most_kept = 1024 * 1024;

    [[nodiscard]] ssize_t write(std::string_view text) const {
        if (outlet_) return ::write(outlet_.get(), text.data(), text.size());
        if (is_file_) return ::write(descriptor_, text.data(), text.size());
        return ::send(descriptor_, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    }

    int descriptor_;
    bool is_file_ = false;
    unique_fd outlet_;
    std::string kept_;
    std::size_t left_out_ = 0;
};

}  // namespace restful_functions::detail
