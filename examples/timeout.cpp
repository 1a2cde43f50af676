/// A call that runs past its function's timeout is killed, with every process that it started.

#include <restful_functions.hpp>

#include "options.hpp"

#include <unistd.h>

#include <chrono>
#include <csignal>
#include <thread>

namespace rf = restful_functions;
using namespace std::chrono_literals;

/// Returns whether it was let finish: `{"seconds": 60}` is answered with 504 after half a second.
bool nap(double seconds) {
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
    return true;
}

/// Ignores a polite signal and has a child process that does so too: both are gone after the
/// timeout.
void never_ends() {
    std::signal(SIGTERM, SIG_IGN);
    ::fork();
    for (;;) ::pause();
}

int main(int argc, char** argv) {
    rf::function_server server(parse(argc, argv));
    server.add_function<nap>({.args = {"seconds"}, .timeout = 500ms});
    server.add_function<never_ends>({.timeout = 500ms});
    server.start();
}
