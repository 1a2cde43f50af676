/// The server that the end-to-end checks talk to: a function for each way that a call can go.

#include <restful_functions.hpp>

#include "../../examples/options.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace rf = restful_functions;
using namespace rf::literals;
using namespace std::chrono_literals;

int addition(int x, int y) { return x + y; }

std::string echo(std::string value) { return value; }

/// A blob of the same type with its bytes in the other order.
rf::blob reversed(rf::blob file, std::optional<int> times) {
    for (int i = times.value_or(1); i > 0; --i) std::reverse(file.bytes.begin(), file.bytes.end());
    return file;
}

void nothing() {}

/// Runs until somebody writes a line to the FIFO: a check decides when the call ends.
std::string line_from(std::string fifo) {
    std::string line;
    std::getline(std::ifstream(fifo), line);
    return line;
}

void forever() {
    for (;;) ::pause();
}

void crash() { std::raise(SIGSEGV); }

void leave() { std::exit(3); }

void refuse() { throw std::runtime_error("not today"); }

void null_write() { *reinterpret_cast<volatile int*>(8) = 1; }

unsigned descend(volatile unsigned* above) {
    volatile unsigned here = *above + 1;
    return here == 0 ? 0 : descend(&here) + here;
}

unsigned recursion() {
    volatile unsigned start = 1;
    return descend(&start);
}

std::size_t allocate() { return std::vector<int>(1'000'000'000'000).size(); }

void burn() {
    for (volatile bool on = true; on;) {
    }
}

/// Three processes, one the child of the other, that ignore SIGTERM; each writes its number.
void stubborn(std::string fifo) {
    std::signal(SIGTERM, SIG_IGN);
    if (::fork() == 0) ::fork();
    std::ofstream(fifo) << ::getpid() << std::endl;
    forever();
}

void watched(std::string fifo) {
    std::cout << "half of it" << std::endl;
    rf::progress(0.5, "half");
    line_from(fifo);
    std::cout << "all of it" << std::endl;
}

void chatter() {
    const std::string megabyte(1'000'000, 'x');
    for (int i = 0; i < 1000; ++i) std::cout << megabyte;
}

/// Writes its number when somebody has written a line to the FIFO, or at once without one.
void in_order(std::string fifo, std::string file, int number) {
    if (!fifo.empty()) line_from(fifo);
    std::ofstream(file, std::ios::app) << number << '\n';
}

int main(int argc, char** argv) {
    rf::server_options options = parse(argc, argv);
    options.allowed_hosts = {options.host, "functions.example.org"};
    options.trusted_proxies = {"127.0.0.1"};
    options.allowed_origins = {"https://app.example"};
    rf::function_server server(std::move(options));
    server.add_function<addition>({
        .args = {{"x", "A value of X"}, {"y", "A value of Y"}},
        .max_concurrency = 1,
        .description = "Simple Awesome Addition",
    });
    server.add_function<forever>({.max_concurrency = 2, .description = "Heavy Function"});
    server.add_function<echo>({.args = {"value"}});
    server.add_function<reversed>({.args = {"file", "times"}});
    server.add_function<nothing>({});
    server.add_function<line_from>({.args = {"fifo"}});
    server.add_function("too_long", [] { forever(); }, {.timeout = 50ms});
    server.add_function<crash>({});
    server.add_function<leave>({});
    server.add_function<refuse>({});
    server.add_function<null_write>({});
    server.add_function<recursion>({});
    server.add_function<allocate>({.limits = {.memory = 256_MiB}});
    server.add_function<burn>({.limits = {.cpu = 1s}});
    server.add_function<stubborn>({.args = {"fifo"}, .grace = 100ms});
    server.add_function<watched>({.args = {"fifo"}});
    server.add_function("abandoned", [] { forever(); },
                        {
                            .max_concurrency = 1,
                            .max_queued = 10,
                            .cancel_on_disconnect = true,
                        });
    server.add_function<chatter>({});
    server.add_function<in_order>({
        .args = {"fifo", "file", "number"},
        .max_concurrency = 1,
        .max_queued = 100,
    });
    server.start();
}
