/// A long task that can be watched and stopped: it tells its progress, writes a log, and cleans up
/// when it is terminated. One runs at a time; a hundred more may wait in a queue.

#include <restful_functions.hpp>

#include "options.hpp"

#include <chrono>
#include <cstdio>
#include <string>
#include <thread>

namespace rf = restful_functions;
using namespace std::chrono_literals;

int simulate(int steps, double seconds_per_step) {
    rf::on_terminate([] { std::puts("stopped early, nothing is left behind"); });
    for (int step = 1; step <= steps; ++step) {
        std::this_thread::sleep_for(std::chrono::duration<double>(seconds_per_step));
        std::printf("step %d of task %s\n", step, std::string(rf::task_id()).c_str());
        std::fflush(stdout);
        rf::progress(static_cast<double>(step) / steps, "step " + std::to_string(step));
    }
    return steps;
}

int main(int argc, char** argv) {
    rf::function_server server(parse(argc, argv));
    server.add_function<simulate>({
        .args = {"steps", "seconds_per_step"},
        .max_concurrency = 1,
        .timeout = 1h,
        .max_queued = 100,
        .grace = 1s,
    });
    server.start();
}
