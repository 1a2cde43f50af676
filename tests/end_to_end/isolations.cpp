/// The server of the end-to-end checks of isolation: the same functions with each of the four.

#include <restful_functions.hpp>

#include "../../examples/options.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

namespace rf = restful_functions;
using namespace rf::literals;
using namespace std::chrono_literals;

enum class ending { returns, throws, exits, crashes, is_killed, allocates, computes, hangs };

/// The process that has served the call, where it comes to that.
int end(ending how) {
    switch (how) {
        case ending::returns:
            break;
        case ending::throws:
            throw std::runtime_error("not today");
        case ending::exits:
            std::exit(3);
        case ending::crashes:
            *reinterpret_cast<volatile int*>(8) = 1;
            break;
        case ending::is_killed:
            std::raise(SIGKILL);
            break;
        case ending::allocates:
            return static_cast<int>(std::vector<int>(1'000'000'000'000).size());
        case ending::computes:
            for (volatile bool on = true; on;) {
            }
            break;
        case ending::hangs:
            for (;;) ::pause();
    }
    return ::getpid();
}

/// What a call finds of those before it.
struct traces {
    int process = ::getpid();
    int calls = 0;
    int calls_of_function = 0;
    std::string environment = "none";
    bool is_at_root = false;
    bool has_own_umask = false;
};

int calls = 0;

/// Finds it, and leaves its own.
traces leave_traces() {
    static int calls_of_function = 0;
    constexpr mode_t own_umask = 0123;
    const char* variable = std::getenv("LEFT_BY_A_CALL");
    char directory[4096];
    const traces found{
        .calls = calls++,
        .calls_of_function = calls_of_function++,
        .environment = variable != nullptr ? variable : "none",
        .is_at_root = ::getcwd(directory, sizeof directory) == std::string("/"),
        .has_own_umask = ::umask(own_umask) == own_umask,
    };
    ::setenv("LEFT_BY_A_CALL", "some", 1);
    if (::chdir("/") != 0) throw std::runtime_error("there is no root directory");
    return found;
}

/// Tells what it does, and waits in the middle until somebody writes a line to the FIFO.
std::string watched(std::string fifo) {
    std::cout << "half of it" << std::endl;
    rf::progress(0.5, "half");
    std::string line;
    std::getline(std::ifstream(fifo), line);
    std::cout << "all of it" << std::endl;
    return line;
}

void print_and_hang() {
    std::printf("by printf\n");
    std::cout << "by cout\nhalf a line";
    for (;;) ::pause();
}

/// The trace that the call belongs to.
std::string trace() {
    const char* traceparent = std::getenv("TRACEPARENT");
    return traceparent == nullptr ? "none" : traceparent;
}

void add_functions(rf::function_server& server, const std::string& prefix,
                   rf::isolation isolation) {
    server.add_function<end>({
        .args = {"how"},
        .name = prefix + "_end",
        .limits = {.memory = 256_MiB, .cpu = 1s},
        .isolation = isolation,
        .grace = 100ms,
    });
    server.add_function<leave_traces>({
        .name = prefix + "_traces",
        .isolation = isolation,
        .worker_calls = 3,
    });
    server.add_function<watched>({
        .args = {"fifo"},
        .name = prefix + "_watched",
        .isolation = isolation,
    });
    server.add_function<print_and_hang>({.name = prefix + "_prints", .isolation = isolation});
    server.add_function<trace>({.name = prefix + "_trace", .isolation = isolation});
}

int main(int argc, char** argv) {
    rf::function_server server(parse(argc, argv));
    add_functions(server, "process", rf::isolation::process);
    add_functions(server, "worker", rf::isolation::worker);
    add_functions(server, "rewind", rf::isolation::rewind);
    add_functions(server, "spawn", rf::isolation::spawn);
    server.start();
}
