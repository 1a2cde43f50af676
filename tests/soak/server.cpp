/// The server of the soak, the kills and the abuse: every kind of call, and memory that counts how
/// often each was run.

#include <restful_functions.hpp>

#include "../../examples/options.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace rf = restful_functions;
using namespace rf::literals;
using namespace std::chrono_literals;

namespace {

/// A call that is to run once has a number of its own below this.
constexpr std::size_t most_numbers = 4'000'000;

/// The runs of all processes: the mapping is shared with them, and outlives each.
std::atomic<std::uint8_t>* runs() {
    static auto* const counters = static_cast<std::atomic<std::uint8_t>*>(
        ::mmap(nullptr, most_numbers, PROT_READ | PROT_WRITE,
               MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
    return counters;
}

/// What a call finds that no other call may have left.
int calls_in_this_process = 0;

}  // namespace

struct receipt {
    std::size_t number = 0;
    int runs = 0;
};

/// Says how often the call of this number has been run, with this time.
receipt once(std::size_t number) {
    if (number >= most_numbers) throw std::out_of_range("the number is too large");
    return {number, ++runs()[number]};
}

/// The same after a while.
receipt once_slowly(std::size_t number, std::chrono::milliseconds duration) {
    const receipt given = once(number);
    ::usleep(static_cast<useconds_t>(duration.count() * 1000));
    return given;
}

int runs_of(std::size_t number) { return runs()[number]; }

std::string echo(std::string value) { return value; }

/// What the JSON is, whatever it is.
std::string kind_of(rapidjson::Document value) {
    return value.IsObject() ? "object" : value.IsArray() ? "array" : "scalar";
}

rf::blob reversed(rf::blob file) {
    std::reverse(file.bytes.begin(), file.bytes.end());
    return file;
}

/// How many calls its process has served before.
int earlier_calls() { return calls_in_this_process++; }

void forever() {
    for (;;) ::pause();
}

void crash() { *reinterpret_cast<volatile int*>(8) = 1; }

void leave() { std::exit(3); }

void refuse() { throw std::runtime_error("not today"); }

void be_killed() { std::raise(SIGKILL); }

std::size_t allocate() { return std::vector<int>(1'000'000'000'000).size(); }

/// Says what it does on the way.
std::string tell(std::string text) {
    std::cout << text << std::flush;
    rf::progress(0.5, "half of it");
    return text;
}

/// Leaves a process behind that has a session of its own, and says so.
bool leave_daemon() {
    int said[2];
    if (::pipe(said) != 0) return false;
    if (::fork() == 0) {
        ::setsid();
        if (::write(said[1], "x", 1) != 1) ::_exit(1);
        forever();
    }
    char any;
    return ::read(said[0], &any, 1) == 1;
}

int main(int argc, char** argv) {
    runs();
    rf::server_options options = parse(argc, argv);
    options.log = rf::log_format::none;
    options.max_processes = 48;
    options.max_connections = 12'000;
    // Full after some thousand calls, so that what is kept does not hide what is left behind.
    options.max_finished_tasks = 5000;
    options.max_finished_bytes = (16_MiB).value;
    rf::function_server server(std::move(options));
    server.add_function<once>({.args = {"number"}});
    server.add_function<once>({.args = {"number"}, .name = "once_again"});
    server.add_function<once_slowly>({.args = {"number", "duration"}});
    server.add_function<once_slowly>({
        .args = {"number", "duration"},
        .max_concurrency = 2,
        .name = "in_turn",
        .max_queued = 8,
    });
    server.add_function<runs_of>({.args = {"number"}});
    server.add_function<echo>({.args = {"value"}});
    server.add_function<kind_of>({.args = {"value"}});
    server.add_function<reversed>({.args = {"file"}});
    server.add_function<forever>({.grace = 200ms});
    server.add_function<forever>({.name = "forever_together", .grace = 200ms});
    server.add_function<crash>({});
    server.add_function<leave>({});
    server.add_function<refuse>({});
    server.add_function<be_killed>({});
    server.add_function<allocate>({.limits = {.memory = 64_MiB}});
    server.add_function<leave_daemon>({});
    server.add_function<tell>({.args = {"text"}});
    for (const auto& [name, isolation] :
         {std::pair("process", rf::isolation::process), std::pair("worker", rf::isolation::worker),
          std::pair("rewind", rf::isolation::rewind)}) {
        const std::string prefix = name;
        server.add_function<earlier_calls>(
            {.name = prefix + "_calls", .isolation = isolation, .worker_calls = 50});
        server.add_function<once>(
            {.args = {"number"}, .name = prefix + "_once", .isolation = isolation});
        server.add_function<crash>({.name = prefix + "_crash", .isolation = isolation});
    }
    server.start();
}
