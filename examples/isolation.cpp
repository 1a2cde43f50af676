/// One function with each of the four isolations: how many calls its process remembers.

#include <restful_functions.hpp>

#include "options.hpp"

namespace rf = restful_functions;

int count() {
    static int calls = 0;
    return ++calls;
}

int main(int argc, char** argv) {
    rf::function_server server(parse(argc, argv));
    // 1, 1, 1, ...: each call has a process of its own.
    server.add_function<count>({.name = "process"});
    // 1, 2, 3, 1, ...: one process serves three calls.
    server.add_function<count>({
        .name = "worker",
        .isolation = rf::isolation::worker,
        .worker_calls = 3,
    });
    // 1, 1, 1, ...: one process serves a thousand, and forgets each of them.
    server.add_function<count>({.name = "rewind", .isolation = rf::isolation::rewind});
    // 1, 2, 3, 1, ...: a new run of this program serves three calls.
    server.add_function<count>({
        .name = "spawn",
        .isolation = rf::isolation::spawn,
        .worker_calls = 3,
    });
    server.start();
}
