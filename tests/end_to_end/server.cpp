/// The server that the end-to-end checks talk to: a function for each way that a call can go.

#include <restful_functions.hpp>

#include "../../examples/options.hpp"

#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <string>

namespace rf = restful_functions;
using namespace std::chrono_literals;

int addition(int x, int y) { return x + y; }

std::string echo(std::string value) { return value; }

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

int main(int argc, char** argv) {
    rf::function_server server(parse(argc, argv));
    server.add_function<addition>({
        .args = {{"x", "A value of X"}, {"y", "A value of Y"}},
        .max_concurrency = 1,
        .description = "Simple Awesome Addition",
    });
    server.add_function<forever>({.max_concurrency = 2, .description = "Heavy Function"});
    server.add_function<echo>({.args = {"value"}});
    server.add_function<nothing>({});
    server.add_function<line_from>({.args = {"fifo"}});
    server.add_function("too_long", [] { forever(); }, {.timeout = 50ms});
    server.add_function<crash>({});
    server.add_function<leave>({});
    server.add_function<refuse>({});
    server.start();
}
