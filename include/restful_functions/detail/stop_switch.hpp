/// stop_switch: how a thread, or a signal, asks a loop to stop; signals that are led to it.
#pragma once

#include <restful_functions/detail/unique_fd.hpp>

#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <stdexcept>
#include <system_error>

namespace restful_functions::detail {

/// Counts how often a stop was asked for. The descriptor is readable from the first time on.
class stop_switch {
 public:
    stop_switch() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
        if (!event_) throw std::system_error(errno, std::generic_category(), "eventfd");
    }

    /// May be called from any thread and from a signal handler.
    void request() noexcept {
        const int interrupted = errno;
        requests_.fetch_add(1);
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto written = ::write(event_.get(), &one, sizeof one);
        errno = interrupted;
    }

    [[nodiscard]] unsigned requests() const noexcept { return requests_.load(); }
    [[nodiscard]] int descriptor() const noexcept { return event_.get(); }

    /// Makes the descriptor unreadable until the next request.
    void rearm() noexcept {
        std::uint64_t count = 0;
        [[maybe_unused]] const auto size = ::read(event_.get(), &count, sizeof count);
    }

 private:
    static_assert(std::atomic<unsigned>::is_always_lock_free, "a signal handler must not lock");

    unique_fd event_;
    std::atomic<unsigned> requests_{0};
};

/// As long as it lives, SIGINT and SIGTERM ask for a stop; afterwards they do what they did before.
/// A signal that is ignored stays ignored, as a shell has it for SIGINT in its background jobs.
class stop_signals {
 public:
    /// Throws std::logic_error when they are led to another switch already.
    explicit stop_signals(stop_switch& to) {
        stop_switch* none = nullptr;
        if (!target().compare_exchange_strong(none, &to))
            throw std::logic_error(
                "another function_server handles the signals already; set handle_signals = false "
                "for all but one");
        lead(SIGINT, before_int_);
        lead(SIGTERM, before_term_);
    }
    stop_signals(const stop_signals&) = delete;
    stop_signals& operator=(const stop_signals&) = delete;
    ~stop_signals() {
        ::sigaction(SIGINT, &before_int_, nullptr);
        ::sigaction(SIGTERM, &before_term_, nullptr);
        target().store(nullptr);
    }

 private:
    // Initialised before any code runs: a handler may read it.
    static std::atomic<stop_switch*>& target() noexcept {
        static constinit std::atomic<stop_switch*> current{nullptr};
        return current;
    }

    static void lead(int signal, struct sigaction& before) noexcept {
        ::sigaction(signal, nullptr, &before);
        if (before.sa_handler == SIG_IGN) return;
        struct sigaction ours {};
        ours.sa_handler = [](int) {
            if (stop_switch* const reached = target().load()) reached->request();
        };
        ours.sa_flags = SA_RESTART;
        ::sigaction(signal, &ours, nullptr);
    }

    struct sigaction before_int_ {};
    struct sigaction before_term_ {};
};

}  // namespace restful_functions::detail
