/// The defaults in the README's tables.

#include <restful_functions.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <thread>

namespace rf = restful_functions;
using namespace std::chrono_literals;

static int twice(int x) { return 2 * x; }

TEST_CASE("the defaults of function_options are those of the README") {
    const rf::options_of<twice> options{.args = {"x"}};
    CHECK(options.max_concurrency == 0);
    CHECK(options.description.empty());
    CHECK(options.timeout == 24h);
    CHECK(options.max_queued == 0);
    CHECK_FALSE(options.limits.memory.has_value());
    CHECK(options.grace == 2s);
}

TEST_CASE("the defaults of server_options are those of the README") {
    constexpr std::size_t KiB = 1024;
    constexpr std::size_t MiB = 1024 * KiB;
    const rf::server_options options;
    CHECK(options.host == "127.0.0.1");
    CHECK(options.port == 8888);
    CHECK(options.unix_socket.empty());
    CHECK(options.shutdown_mode == rf::shutdown_mode::join);
    CHECK(options.handle_signals);
    CHECK(options.max_processes == 256);
    CHECK(options.warm_processes == 2 * std::thread::hardware_concurrency());
    CHECK(options.max_payload == 64 * MiB);
    CHECK(options.log_bytes == 64 * KiB);
    CHECK_FALSE(options.pass_log_through);
    CHECK(options.result_ttl == 24h);
    CHECK(options.max_finished_tasks <= 1'000'000);
    CHECK(options.max_finished_bytes <= 1024 * MiB);
    CHECK(options.max_header_bytes == 16 * KiB);
    CHECK(options.max_header_fields == 100);
    CHECK(options.max_body_bytes == 8 * MiB);
    CHECK(options.header_timeout == 10s);
    CHECK(options.idle_timeout == 75s);
    CHECK(options.max_connections == 10'000);
    CHECK_FALSE(options.on_listening);
}
