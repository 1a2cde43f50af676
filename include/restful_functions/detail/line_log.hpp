/// line_log: lines for people and programs that never make the server wait.
#pragma once

#include <restful_functions/detail/outlet.hpp>

#include <signal.h>
#include <sys/types.h>

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
    explicit line_log(int descriptor) : outlet_(descriptor) {}
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
            const ssize_t size = outlet_.write(std::string_view(kept_).substr(written));
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

    outlet outlet_;
    std::string kept_;
    std::size_t left_out_ = 0;
};

}  // namespace restful_functions::detail
