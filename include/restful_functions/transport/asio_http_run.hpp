/// A whole run of an HTTP transport, from listening to the end in good order.
#pragma once

#include <restful_functions/detail/stop_switch.hpp>
#include <restful_functions/transport/asio_http.hpp>
#include <restful_functions/transport/asio_http_loop.hpp>
#include <restful_functions/transport/descriptor_limit.hpp>
#include <restful_functions/transport/http_options.hpp>
#include <restful_functions/transport/listener.hpp>
#include <restful_functions/transport/shutdown_mode.hpp>

#include <asio/io_context.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
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

// What the rest of the program may have open beside the connections.
inline constexpr std::size_t other_descriptors = 1024;

}  // namespace detail

/// Serves the clients of a listener until the switch is thrown. Then new connections and new calls
/// are refused, and it returns when no task runs and the last response is out; `terminate` ends the
/// tasks with their grace, the second request to stop ends them without any, and a third one
/// returns at once. Calls `on_listening(server)` when clients can connect.
///
/// Raises the process's soft limit of open descriptors to what max_connections needs, as far as the
/// hard limit allows; past either further clients wait.
template <stoppable_service Service, class OnListening>
void run(Service& service, listener opened, const http_options& options,
         restful_functions::detail::stop_switch& stop, shutdown_mode mode,
         OnListening on_listening) {
    allow_descriptors(options.max_connections +
                      std::min(detail::other_descriptors, SIZE_MAX - options.max_connections));
    asio::io_context loop(1);  // a hint that one thread runs it
    detail::http_server<Service> http(loop, service, std::move(opened), options);
    const detail::stop_watch watch(loop, stop);
    on_listening(http);
    while (stop.requests() == 0) loop.run_one();

    http.drain();
    service.drain();
    if (mode == shutdown_mode::terminate) service.terminate_all();
    bool kills = false;
    while (stop.requests() < 3 && !(service.idle() && http.quiet())) {
        if (stop.requests() > 1 && !std::exchange(kills, true)) service.kill_all();
        http.follow_deadline();
        loop.run_one();
    }
}

}  // namespace restful_functions::transport
