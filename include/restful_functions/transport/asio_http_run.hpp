/// A whole run of an HTTP transport, from listening to the end in good order.
#pragma once

#include <restful_functions/detail/after.hpp>
#include <restful_functions/detail/earliest.hpp>
#include <restful_functions/detail/orphans.hpp>
#include <restful_functions/detail/stop_switch.hpp>
#include <restful_functions/transport/asio_http.hpp>
#include <restful_functions/transport/asio_http_loop.hpp>
#include <restful_functions/transport/asio_http_orphans.hpp>
#include <restful_functions/transport/asio_http_rtti.hpp>
#include <restful_functions/transport/descriptor_limit.hpp>
#include <restful_functions/transport/http_options.hpp>
#include <restful_functions/transport/listener.hpp>
#include <restful_functions/transport/shutdown_mode.hpp>

#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

namespace restful_functions::transport {

namespace detail {

// Wakes the loop for each stop that is asked for; the loop's owner looks at the count.
class stop_watch {
 public:
    stop_watch(asio::io_context& loop, restful_functions::detail::stop_switch& watched)
        : watched_(watched), event_(loop, watched.descriptor()) {
        watch();
    }
    stop_watch(const stop_watch&) = delete;
    stop_watch& operator=(const stop_watch&) = delete;
    // The descriptor is the switch's own.
    ~stop_watch() { static_cast<void>(event_.release()); }

 private:
    void watch() {
        event_.async_wait(loop_descriptor::wait_read, [this](const std::error_code& failed) {
            if (failed) return;
            watched_.rearm();
            watch();
        });
    }

    restful_functions::detail::stop_switch& watched_;
    loop_descriptor event_;
};

// At SIGHUP certificates are read again, for the connections to come. When the run is over it does
// what it did before.
class reload_watch {
 public:
    reload_watch(asio::io_context& loop, std::shared_ptr<session_source> sessions)
        : sessions_(std::move(sessions)), signals_(loop, SIGHUP) {
        watch();
    }

 private:
    void watch() {
        signals_.async_wait([this](const std::error_code& failed, int) {
            if (failed) return;
            try {
                sessions_->reload();
            } catch (const std::exception& unfit) {
                std::fprintf(stderr, "restful-functions: %s; the old certificate stays in use\n",
                             unfit.what());
            }
            watch();
        });
    }

    std::shared_ptr<session_source> sessions_;
    asio::signal_set signals_;
};

// What the rest of the program may have open beside the connections.
inline constexpr std::size_t other_descriptors = 1024;

// What is left of that for the server where the limit cannot be raised: it opens some now, and a
// new fork server, a certificate or a file of the system while clients hold all they may.
inline constexpr std::size_t own_descriptors = 32;

/// As many connections as there are to be, and as there are descriptors for.
inline std::size_t affordable_connections(std::size_t wanted) {
    allow_descriptors(wanted + std::min(other_descriptors, SIZE_MAX - wanted));
    const std::size_t free = free_descriptors();
    return std::min(wanted, std::max<std::size_t>(free - std::min(free, own_descriptors), 1));
}

}  // namespace detail

/// How a run goes and ends.
struct run_options {
    shutdown_mode mode = shutdown_mode::join;
    /// For how long the tasks that run at the end may go on; nullopt: as long as they like.
    std::optional<std::chrono::milliseconds> drain_timeout = std::nullopt;
    /// Whether SIGHUP has certificates read again.
    bool reloads_at_sighup = false;
    /// Whether the orphans of a container whose first process this is are reaped.
    bool reaps_orphans = false;
};

namespace detail {

/// The end of a run, step by step: no further connections; then, when the clients between two
/// requests have had a moment to send one more, no further calls; and when their time is over, no
/// further tasks, nor calls if that is sooner.
template <stoppable_service Service>
class ending_run {
 public:
    ending_run(asio::io_context& loop, Service& service, http_server<Service>& http,
               const restful_functions::detail::stop_switch& stop, const run_options& options)
        : loop_(loop),
          service_(service),
          http_(http),
          stop_(stop),
          requests_until_(clock::now() + last_requests),
          timer_(loop) {
        if (options.mode == shutdown_mode::terminate) {
            tasks_until_ = clock::now();
        } else if (options.drain_timeout) {
            tasks_until_ = restful_functions::detail::after(clock::now(), *options.drain_timeout);
        }
    }

    /// Returns when nothing is left, or the third stop was asked for.
    void run() {
        service_.withdraw();
        http_.drain();
        while (stop_.requests() < 3) {
            take_steps();
            if (keeps_none_ && service_.idle() && http_.quiet()) return;
            wait();
        }
    }

 private:
    using clock = std::chrono::steady_clock;

    // A client that keeps its connection sends the next request soon, and is told with the response
    // that it was the last one; a connection that was closed at once could cross with a request.
    static constexpr std::chrono::milliseconds last_requests{1000};

    void take_steps() {
        const auto now = clock::now();
        if (!terminates_ && tasks_until_ && now >= *tasks_until_) {
            terminates_ = true;
            service_.drain();
            service_.terminate_all();
        }
        if (!keeps_none_ && (stop_.requests() > 1 || http_.all_busy() || now >= requests_until_)) {
            keeps_none_ = true;
            service_.drain();
            http_.close_idle();
        }
        if (!kills_ && stop_.requests() > 1) {
            kills_ = true;
            service_.kill_all();
        }
    }

    void wait() {
        const auto next = restful_functions::detail::earliest(
            {keeps_none_ ? std::nullopt : std::optional(requests_until_),
             terminates_ ? std::nullopt : tasks_until_});
        if (next) {
            timer_.expires_at(*next);
            timer_.async_wait([](const std::error_code&) {});
        }
        http_.follow_deadline();
        loop_.run_one();
    }

    asio::io_context& loop_;
    Service& service_;
    http_server<Service>& http_;
    const restful_functions::detail::stop_switch& stop_;
    clock::time_point requests_until_;
    std::optional<clock::time_point> tasks_until_;
    loop_timer timer_;
    bool keeps_none_ = false;  // no connection without a request, and takes no call
    bool terminates_ = false;
    bool kills_ = false;
};

}  // namespace detail

/// Serves the clients of a listener until the switch is thrown. Then new connections are refused,
/// and soon after them new calls, and it returns when no task runs and the last response is out.
/// Tasks whose time is over are ended with their grace; the second request to stop ends them
/// without any, and a third one returns at once. Calls `on_listening(server)` when clients can
/// connect, and `on_ending()` when the end begins.
///
/// Raises the process's soft limit of open descriptors to what max_connections needs, as far as the
/// hard limit allows. Past either further clients wait, and leave the server what it needs itself.
template <stoppable_service Service, class OnListening, class OnEnding>
void run(Service& service, listener opened, const http_options& options,
         restful_functions::detail::stop_switch& stop, const run_options& end,
         OnListening on_listening, OnEnding on_ending) {
    http_options afforded = options;
    afforded.max_connections = detail::affordable_connections(options.max_connections);
    asio::io_context loop(1);  // a hint that one thread runs it
    detail::http_server<Service> http(loop, service, std::move(opened), afforded);
    const detail::stop_watch watch(loop, stop);
    std::optional<detail::reload_watch> reloads;
    if (options.sessions && end.reloads_at_sighup) reloads.emplace(loop, options.sessions);
    std::optional<detail::orphan_watch> orphans;
    if (end.reaps_orphans && restful_functions::detail::orphans::come_here()) orphans.emplace(loop);
    on_listening(http);
    while (stop.requests() == 0) loop.run_one();
    on_ending();
    detail::ending_run<Service>(loop, service, http, stop, end).run();
}

}  // namespace restful_functions::transport
