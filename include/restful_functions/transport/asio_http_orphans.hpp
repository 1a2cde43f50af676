/// asio_http_orphans: reaps the orphans of a container in the loop of a server.
#pragma once

#include <restful_functions/detail/orphans.hpp>
#include <restful_functions/detail/unique_fd.hpp>
#include <restful_functions/transport/asio_http_loop.hpp>

#include <asio/io_context.hpp>

#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <system_error>

namespace restful_functions::transport::detail {

/// As long as it lives, SIGCHLD wakes the loop, beside what the program does at it.
class orphan_watch {
 public:
    explicit orphan_watch(asio::io_context& loop)
        : event_(loop, checked(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))) {
        target().store(event_.native_handle());
        struct sigaction ours {};
        ours.sa_sigaction = &on_child;
        ours.sa_flags = SA_SIGINFO | SA_RESTART | SA_NOCLDSTOP;
        ::sigaction(SIGCHLD, nullptr, &before());
        // With SIG_IGN no child is kept for anybody.
        if ((before().sa_flags & SA_NOCLDWAIT) != 0 || before().sa_handler == SIG_IGN) return;
        if ((before().sa_flags & SA_NOCLDSTOP) == 0) ours.sa_flags &= ~SA_NOCLDSTOP;
        ::sigaction(SIGCHLD, &ours, nullptr);
        is_led_here_ = true;
        watch();
    }
    orphan_watch(const orphan_watch&) = delete;
    orphan_watch& operator=(const orphan_watch&) = delete;
    ~orphan_watch() {
        if (is_led_here_) ::sigaction(SIGCHLD, &before(), nullptr);
        target().store(-1);
    }

 private:
    static int checked(int descriptor) {
        if (descriptor < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
        return descriptor;
    }

    // Initialised before any code runs: a handler may read them.
    static std::atomic<int>& target() noexcept {
        static constinit std::atomic<int> descriptor{-1};
        return descriptor;
    }
    static struct sigaction& before() noexcept {
        static constinit struct sigaction action {};
        return action;
    }

    static void on_child(int signal, siginfo_t* info, void* context) {
        const int interrupted = errno;
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto written = ::write(target().load(), &one, sizeof one);
        errno = interrupted;
        if ((before().sa_flags & SA_SIGINFO) != 0) {
            before().sa_sigaction(signal, info, context);
        } else if (before().sa_handler != SIG_DFL) {
            before().sa_handler(signal);
        }
    }

    void watch() {
        event_.async_wait(loop_descriptor::wait_read, [this](const std::error_code& failed) {
            if (failed) return;
            std::uint64_t count = 0;
            [[maybe_unused]] const auto size = ::read(event_.native_handle(), &count, sizeof count);
            orphans_.reap();
            watch();
        });
    }

    loop_descriptor event_;
    restful_functions::detail::orphans orphans_;
    bool is_led_here_ = false;
};

}  // namespace restful_functions::transport::detail
