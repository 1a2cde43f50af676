/// The server under load: a function that returns, one that crashes on every tenth call, and, when
/// asked for with `--ballast GIB`, memory that it allocates once it is listening.

#include <restful_functions.hpp>

#include "../../examples/options.hpp"

#include <sys/mman.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <string_view>

namespace rf = restful_functions;

int addition(int x, int y) { return x + y; }

/// Counts the calls of all processes: the mapping is shared with them.
std::atomic<unsigned>& calls() {
    static auto* const counter =
        new (::mmap(nullptr, sizeof(std::atomic<unsigned>), PROT_READ | PROT_WRITE,
                    MAP_SHARED | MAP_ANONYMOUS, -1, 0)) std::atomic<unsigned>(0);
    return *counter;
}

int crash_every_tenth(int x, int y) {
    if (++calls() % 10 == 0) std::raise(SIGSEGV);
    return x + y;
}

int main(int argc, char** argv) {
    calls();
    rf::server_options options = parse(argc, argv);
    options.max_finished_tasks = 1000;  // so that what is kept does not hide what is left behind
    std::unique_ptr<char[]> ballast;
    if (argc > 2 && std::string_view(argv[argc - 2]) == "--ballast") {
        const std::size_t size = std::strtoull(argv[argc - 1], nullptr, 10) << 30;
        options.on_listening = [&ballast, size,
                                say = options.on_listening](const std::string& url) {
            ballast = std::make_unique<char[]>(size);
            std::memset(ballast.get(), 1, size);
            say(url);
        };
    }
    rf::function_server server(std::move(options));
    server.add_function<addition>({.args = {"x", "y"}});
    server.add_function<crash_every_tenth>({.args = {"x", "y"}});
    server.start();
}
