/// A program that has threads before it starts to serve: those of OpenMP, and with THREAD_TO_NAME
/// in its environment another one.

#include <restful_functions.hpp>

#include "../../examples/options.hpp"

#include <pthread.h>
#include <unistd.h>

#include <cstdlib>
#include <thread>

namespace rf = restful_functions;

/// The sum of the numbers below `count`, by two threads.
long sum(long count) {
    long total = 0;
#pragma omp parallel for reduction(+ : total) num_threads(2)
    for (long i = 0; i < count; ++i) total += i;
    return total;
}

int main(int argc, char** argv) {
    if (sum(10) != 45) return EXIT_FAILURE;
    if (const char* name = std::getenv("THREAD_TO_NAME")) {
        std::thread other([] {
            for (;;) ::pause();
        });
        ::pthread_setname_np(other.native_handle(), name);
        other.detach();
    }
    rf::function_server server(parse(argc, argv));
    server.add_function<sum>({.args = {"count"}, .name = "process"});
    server.add_function<sum>(
        {.args = {"count"}, .name = "worker", .isolation = rf::isolation::worker});
    server.add_function<sum>(
        {.args = {"count"}, .name = "rewind", .isolation = rf::isolation::rewind});
    server.start();
}
