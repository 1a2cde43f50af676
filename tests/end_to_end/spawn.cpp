/// A program for isolation::spawn: it has threads before it serves, and can be told by its
/// environment that its new runs are not as its first one.
///
/// Each run adds a line to the file RUNS. NEW_RUNS says what those after the first do before
/// start(): nothing, "exit", "crash", "change" (register another function), "close" (descriptors
/// that they do not know), "hang".

#include <restful_functions.hpp>

#include "../../examples/options.hpp"

#include <unistd.h>

#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace rf = restful_functions;

/// Doubles numbers, on the thread that it has.
class doubler {
 public:
    doubler() : thread_([this] { work(); }) { thread_.detach(); }

    long operator()(long number) {
        std::unique_lock lock(mutex_);
        wanted_ = number;
        changed_.notify_all();
        changed_.wait(lock, [this] { return result_.has_value(); });
        const long result = *result_;
        result_.reset();
        return result;
    }

 private:
    void work() {
        for (std::unique_lock lock(mutex_);;) {
            changed_.wait(lock, [this] { return wanted_.has_value(); });
            result_ = 2 * *wanted_;
            wanted_.reset();
            changed_.notify_all();
        }
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::optional<long> wanted_;
    std::optional<long> result_;
    std::thread thread_;
};

doubler* pool = nullptr;

long twice(long number) { return (*pool)(number); }

/// The sum of the numbers below `count`, by two threads.
long sum(long count) {
    long total = 0;
#pragma omp parallel for reduction(+ : total) num_threads(2)
    for (long i = 0; i < count; ++i) total += i;
    return total;
}

struct surroundings {
    int process = ::getpid();
    int fork_server = ::getppid();
    std::string name;  ///< of the process
    std::string directory;
    std::string order = "none";  ///< what the run was told by the library
    bool is_prepared = false;
};

bool is_prepared = false;

surroundings look_around() {
    surroundings seen;
    std::getline(std::ifstream("/proc/self/comm"), seen.name);
    char directory[4096];
    seen.directory = ::getcwd(directory, sizeof directory);
    if (const char* order = std::getenv("RESTFUL_FUNCTIONS_SPAWN")) seen.order = order;
    seen.is_prepared = is_prepared;
    return seen;
}

/// Whether this is not the first run of the program.
bool is_new_run() {
    const char* path = std::getenv("RUNS");
    if (path == nullptr) return false;
    std::string line;
    const bool is_new = !std::getline(std::ifstream(path), line).fail();
    std::ofstream(path, std::ios::app) << "run\n";
    return is_new;
}

void change_new_run(const std::string& how) {
    std::cout << "a new run" << std::endl;
    if (how == "exit") std::exit(3);
    if (how == "crash") std::abort();
    while (how == "hang") ::pause();
    for (int number = 3; how == "close" && number < 1024; ++number) ::close(number);
}

int main(int argc, char** argv) {
    const char* told = std::getenv("NEW_RUNS");
    const std::string how = told != nullptr && is_new_run() ? told : "";
    if (!how.empty()) change_new_run(how);
    if (sum(10) != 45) return EXIT_FAILURE;
    pool = new doubler;  // its thread waits for as long as the process lives
    if (!how.empty()) std::signal(SIGTERM, SIG_IGN);  // the server itself would not stop
    if (::chdir("..") != 0) return EXIT_FAILURE;

    rf::function_server other;
    other.add_function<sum>({.args = {"count"}, .isolation = rf::isolation::spawn});
    if (!how.empty()) other.start();  // returns at once: these calls are not its own

    rf::server_options options = parse(argc, argv);
    options.on_process_start = [] { is_prepared = true; };
    rf::function_server server(options);
    server.add_function<twice>({.args = {"number"}, .isolation = rf::isolation::spawn});
    if (how == "change") {
        server.add_function<sum>({.args = {"number"}, .isolation = rf::isolation::spawn});
    } else {
        server.add_function<sum>({.args = {"count"}, .isolation = rf::isolation::spawn});
    }
    server.add_function<look_around>({.isolation = rf::isolation::spawn});
    server.start();
}
