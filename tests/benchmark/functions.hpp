/// The functions that are measured: one addition for each isolation, and an echo; and one that
/// tells whether a call finds a fresh process.
#pragma once

#include <restful_functions.hpp>

#include <string>

inline int addition(int x, int y) { return x + y; }

inline std::string echo(std::string text) { return text; }

/// How many calls this process has served before.
inline int earlier_calls() {
    static int calls = 0;
    return calls++;
}

inline void add_functions(restful_functions::function_server& server) {
    using restful_functions::isolation;
    server.add_function<addition>({.args = {"x", "y"}});
    server.add_function<addition>(
        {.args = {"x", "y"}, .name = "addition_worker", .isolation = isolation::worker});
    server.add_function<addition>(
        {.args = {"x", "y"}, .name = "addition_rewind", .isolation = isolation::rewind});
    server.add_function<earlier_calls>({.isolation = isolation::rewind});
    // A client that does not wait for results is faster than any processes: its calls queue.
    server.add_function<addition>({.args = {"x", "y"},
                                   .max_concurrency = 16,
                                   .name = "addition_queued",
                                   .max_queued = 10'000'000});
    server.add_function<echo>({.args = {"text"}});
}
