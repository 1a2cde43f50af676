/// The server of the faults: functions that do to their process, and to those around it, what a
/// function can do.

#include <restful_functions.hpp>

#include "../../examples/options.hpp"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace rf = restful_functions;
using namespace rf::literals;
using namespace std::chrono_literals;

std::string echo(std::string value) { return value; }

std::size_t count(std::vector<int> values) { return values.size(); }

std::size_t count_any(std::optional<rapidjson::Document> values) {
    return values ? values->Size() : 0;
}

void forever() {
    for (;;) ::pause();
}

void sleep_for(std::chrono::milliseconds duration) {
    ::usleep(static_cast<useconds_t>(duration.count() * 1000));
}

/// Text of that length, after a while.
std::string text(std::size_t size, std::chrono::milliseconds after) {
    sleep_for(after);
    return std::string(size, 'x');
}

enum class then { returns, exits, goes_on };

enum class apart { sessions, groups };

namespace {

struct mapping {
    char* begin = nullptr;
    std::size_t size = 0;
};

/// The one piece of shared memory that a call has with the server.
mapping own_slot() {
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);) {
        if (line.find("restful-functions-slots") == std::string::npos) continue;
        char* dash = nullptr;
        const auto begin = std::strtoull(line.c_str(), &dash, 16);
        const auto end = std::strtoull(dash + 1, nullptr, 16);
        return {reinterpret_cast<char*>(begin), end - begin};
    }
    std::abort();
}

/// Random bytes where the slot says what the call is and how it ended, or all over it.
void scribble_once(std::minstd_rand& random, const mapping& slot) {
    constexpr std::size_t header = 1024;
    const std::size_t size = random() % 2 == 0 ? header : std::size_t{1} << 20;
    for (std::size_t i = 0; i < size; ++i) {
        if (random() % 4 == 0) slot.begin[i] = static_cast<char>(random() % 8);
    }
}

/// What tells the server of results, and of news; -1 where it has been closed.
int inherited_eventfd() {
    char target[64] = {};
    for (int descriptor = 3; descriptor < 1024; ++descriptor) {
        const std::string link = "/proc/self/fd/" + std::to_string(descriptor);
        if (::readlink(link.c_str(), target, sizeof target - 1) <= 0) continue;
        if (std::strstr(target, "eventfd") != nullptr) return descriptor;
    }
    return -1;
}

/// Until there are no further ones.
void fork_on() {
    for (;;) {
        if (::fork() < 0) ::usleep(1000);
    }
}

void leave(apart in) {
    if (in == apart::sessions) ::setsid();
    if (in == apart::groups) ::setpgid(0, 0);
}

}  // namespace

std::string scribble(unsigned seed, then what) {
    std::minstd_rand random(seed + 1);
    const mapping slot = own_slot();
    scribble_once(random, slot);
    if (what == then::exits) ::_exit(static_cast<int>(random() % 3));
    if (what == then::goes_on) {
        std::thread([random, slot]() mutable {
            for (;;) scribble_once(random, slot);
        }).detach();
    }
    return "returned";
}

/// Also that which tells the server of results.
std::string close_everything() {
    ::close_range(0, ~0U, 0);
    return "returned";
}

/// Makes the server look for results again and again, and would block it if it read like that.
std::string flood_the_eventfd() {
    const int news = inherited_eventfd();
    const auto stop = std::chrono::steady_clock::now() + 1s;
    ::fcntl(news, F_SETFL, 0);
    while (std::chrono::steady_clock::now() < stop) ::eventfd_write(news, 1);
    return "returned";
}

/// Takes away what would make the server look for results.
std::string drain_the_eventfd(std::chrono::milliseconds duration) {
    const int news = inherited_eventfd();
    const auto stop = std::chrono::steady_clock::now() + duration;
    ::fcntl(news, F_SETFL, O_NONBLOCK);
    eventfd_t taken = 0;
    while (std::chrono::steady_clock::now() < stop) ::eventfd_read(news, &taken);
    return "returned";
}

/// Answers, and cannot end: what it has printed nobody reads.
std::string answer_and_stay() {
    int ends[2];
    if (::pipe(ends) != 0) return "no pipe";
    FILE* stuck = ::fdopen(ends[1], "w");
    static char buffer[256 * 1024];
    ::setvbuf(stuck, buffer, _IOFBF, sizeof buffer);
    for (std::size_t i = 1; i < sizeof buffer; ++i) std::fputc('x', stuck);
    return "returned";
}

/// Leaves by exit(3), on whose way a destructor never returns.
void exit_and_stay() {
    static const struct endless {
        ~endless() { forever(); }
    } stays;
    std::exit(0);
}

/// Threads that go on when the call has its answer.
std::string leave_threads() {
    for (int i = 0; i < 4; ++i) {
        std::thread([] {
            for (volatile bool on = true; on;) {
            }
        }).detach();
    }
    return "returned";
}

void fork_bomb() { fork_on(); }

/// The same, and returns.
std::string leave_a_fork_bomb() {
    if (::fork() == 0) fork_on();
    return "returned";
}

/// Goes into the process group of the fork server.
std::string change_group(then what) {
    const bool changed = ::setpgid(0, ::getpgid(::getppid())) == 0;
    if (what == then::goes_on) forever();
    return changed ? "changed" : "refused";
}

/// Leaves a process that has a session or a process group of its own, and one below it that has
/// another; each of them says so.
std::string leave_processes(apart in) {
    int said[2];
    if (::pipe(said) != 0) return "no pipe";
    if (::fork() == 0) {
        leave(in);
        if (::fork() == 0) leave(in);
        std::signal(SIGTERM, SIG_IGN);
        if (::write(said[1], "x", 1) != 1) ::_exit(1);
        forever();
    }
    char one;
    for (int i = 0; i < 2; ++i) {
        if (::read(said[0], &one, 1) != 1) return "no processes";
    }
    return "returned";
}

void ignore_sigterm() {
    std::signal(SIGTERM, SIG_IGN);
    if (::fork() == 0) ::fork();
    forever();
}

std::string write_gigabyte() {
    const std::string megabyte(1'000'000, 'x');
    for (int i = 0; i < 1000; ++i) std::cout << megabyte;
    return "returned";
}

/// Touches what it gets.
std::size_t allocate_on() {
    std::vector<char*> all;
    for (;;) {
        all.push_back(new char[1'000'000]);
        std::memset(all.back(), 1, 1'000'000);
    }
}

void kill_the_fork_server() {
    ::kill(::getppid(), SIGKILL);
    forever();
}

void stop_the_fork_server() {
    ::kill(::getppid(), SIGSTOP);
    forever();
}

int main(int argc, char** argv) {
    rf::server_options options = parse(argc, argv);
    const bool writes_log = argc > 2 && std::string_view(argv[argc - 2]) == "--log";
    if (!writes_log) options.log = rf::log_format::none;
    options.max_processes = 32;
    rf::function_server server(std::move(options));
    server.add_function<echo>({.args = {"value"}});
    server.add_function<echo>(
        {.args = {"value"}, .name = "echo_as_worker", .isolation = rf::isolation::worker});
    server.add_function<text>({.args = {"size", "after"}});
    server.add_function<count>({.args = {"values"}});
    server.add_function<count_any>({.args = {"values"}});
    server.add_function<forever>({});
    server.add_function<sleep_for>({.args = {"duration"}});
    server.add_function<sleep_for>(
        {.args = {"duration"}, .max_concurrency = 1, .name = "sleep_in_turn", .max_queued = 4});
    server.add_function<scribble>({.args = {"seed", "what"}, .timeout = 1s, .grace = 100ms});
    server.add_function<scribble>({.args = {"seed", "what"},
                                   .name = "scribble_as_worker",
                                   .timeout = 1s,
                                   .isolation = rf::isolation::worker,
                                   .grace = 100ms});
    server.add_function<close_everything>({});
    server.add_function<flood_the_eventfd>({});
    server.add_function<drain_the_eventfd>({.args = {"duration"}});
    server.add_function<answer_and_stay>({});
    server.add_function<exit_and_stay>({.timeout = 1s, .grace = 100ms});
    server.add_function<leave_threads>({});
    server.add_function<fork_bomb>({.timeout = 1s, .limits = {.processes = 60}, .grace = 100ms});
    server.add_function<leave_a_fork_bomb>({.limits = {.processes = 60}});
    server.add_function<change_group>({.args = {"what"}, .timeout = 1s, .grace = 100ms});
    server.add_function<leave_processes>({.args = {"in"}});
    server.add_function<ignore_sigterm>({.timeout = 1s, .grace = 100ms});
    server.add_function<write_gigabyte>({});
    server.add_function<allocate_on>({.limits = {.memory = 64_MiB}});
    server.add_function<kill_the_fork_server>({.timeout = 60s});
    server.add_function<stop_the_fork_server>({.timeout = 1s, .grace = 100ms});
    server.start();
}
