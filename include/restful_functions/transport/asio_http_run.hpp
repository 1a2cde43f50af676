/// Serves until a stop is asked for, and ends in good order.
#pragma once

#include <restful_functions/detail/stop_switch.hpp>
#include <restful_functions/transport/asio_http.hpp>

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>

#include <unistd.h>

#include <system_error>

namespace restful_functions::transport::detail {

// Wakes the loop for each stop that is asked for; the loop's owner looks at the count.
class stop_watch {
 public:
    stop_watch(asio::io_context& loop, restful_functions::detail::stop_switch& watched)
        : watched_(watched), event_(loop, watched.descriptor()) {
        watch();
    }
    // The descriptor is the switch's own.
    ~stop_watch() { static_cast<void>(event_.release()); }

 private:
    void watch() {
        event_.async_wait(asio::posix::stream_descriptor::wait_read,
                          [this](const std::error_code& failed) {
                              if (failed) return;
                              watched_.rearm();
                              watch();
                          });
    }

    restful_functions::detail::stop_switch& watched_;
    asio::posix::stream_descriptor event_;
};

/// What becomes of running tasks when a stop is asked for.
enum class on_stop { join, terminate };

/// Runs the loop until the switch is thrown. Then new connections and new calls are refused, and it
/// returns when no task runs and the last response is out; `terminate`, or the second request to
/// stop, ends the tasks that run, and a third one returns at once. The loop is not to be run again.
template <class Protocol, class Service>
void run(asio::io_context& loop, asio_http<Protocol, Service>& http, Service& service,
         restful_functions::detail::stop_switch& stop, on_stop mode) {
    const stop_watch watch(loop, stop);
    while (stop.requests() == 0) loop.run_one();

    http.drain();
    service.drain();
    bool terminates = mode == on_stop::terminate;
    if (terminates) service.terminate_all();
    while (stop.requests() < 3 && !(service.idle() && http.quiet())) {
        loop.run_one();
        if (!terminates && stop.requests() > 1) {
            terminates = true;
            service.terminate_all();
        }
    }
}

}  // namespace restful_functions::transport::detail
