/// The server on an asio::io_context that the program has anyway, beside the program's own
/// handlers.

#include <restful_functions.hpp>

#include "options.hpp"

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/signal_set.hpp>

#include <csignal>

namespace rf = restful_functions;

int addition(int x, int y) { return x + y; }

int main(int argc, char** argv) {
    const rf::server_options options = parse(argc, argv);
    rf::function_server server(options);
    server.add_function<addition>({.args = {"x", "y"}});
    // Forks, so it comes before the loop with its descriptors.
    rf::api::service& service = server.service();

    asio::io_context loop;
    // Unlike start() this listens for strangers, too, if the host says so: have tokens then.
    rf::transport::asio_http<asio::ip::tcp> http(loop, service, {options.host, options.port});
    options.on_listening(http.url());

    asio::signal_set signals(loop, SIGINT, SIGTERM);
    signals.async_wait([&loop](auto, auto) { loop.stop(); });
    loop.run();
}
