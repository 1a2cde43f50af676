#include "calls.hpp"

#include <sys/prctl.h>

#include <csignal>
#include <cstdint>

using namespace test;

namespace {

volatile int deepest = -1;  // never reached, which the compiler cannot know

// NOLINTNEXTLINE(misc-no-recursion): that is the point
int recurse_for_ever(int depth) {
    volatile char frame[4096];
    frame[0] = static_cast<char>(depth);
    if (depth == deepest) {
        return 0;
    }
    return recurse_for_ever(depth + 1) + frame[0];
}

/// Answers and does not end: what is left in a stream cannot be written, for nobody reads the pipe.
std::string answer_and_hang(std::string_view path) {
    int pipe[2];
    if (::pipe(pipe) != 0) {
        ::_exit(1);
    }
    FILE* stuck = ::fdopen(pipe[1], "w");
    ::fcntl(pipe[1], F_SETPIPE_SZ, 4096);
    static char buffer[64 * 1024];
    ::setvbuf(stuck, buffer, _IOFBF, sizeof buffer);
    std::fputs(std::string(sizeof buffer - 1, 'x').c_str(), stuck);
    std::ofstream(std::string(path)) << ::getpid() << std::endl;
    return "answered";
}

slot own_slot(std::size_t stride) {
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);) {
        if (line.find("restful-functions-slots") != std::string::npos) {
            return {reinterpret_cast<std::byte*>(std::stoull(line, nullptr, 16)), stride};
        }
    }
    std::abort();
}

}  // namespace

TEST_CASE("every way to end without a result is told apart") {
    calls all({
        [](std::string_view) -> std::string {
            std::raise(SIGSEGV);
            return "";
        },
        [](std::string_view) -> std::string { std::abort(); },
        [](std::string_view) -> std::string { std::exit(3); },
        [](std::string_view) -> std::string { std::exit(0); },
        [](std::string_view) -> std::string { ::_exit(4); },
        [](std::string_view) -> std::string { return std::to_string(recurse_for_ever(0)); },
        [](std::string_view) -> std::string {
            std::raise(SIGKILL);
            return "";
        },
        [](std::string_view) -> std::string {
            std::raise(SIGRTMIN + 1);
            return "";
        },
        [](std::string_view) -> std::string { throw std::runtime_error("no such file"); },
        [](std::string_view) -> std::string { throw 42; },
        [](std::string_view) -> std::string { std::terminate(); },
    });
    const auto sentences = {
        "killed by SIGSEGV (Segmentation fault)",
        "killed by SIGABRT (Aborted)",
        "exited with status 3 before returning",
        "exited with status 0 before returning",
        "exited with status 4 before returning",
        "killed by SIGSEGV (Segmentation fault)",
        "killed by SIGKILL (Killed)",
        "killed by signal 35",
        "no such file",
        "uncaught exception of type int",
        "killed by SIGABRT (Aborted)",
    };
    std::uint32_t entry = 0;
    for (const char* sentence : sentences) {
        CHECK(all.sentence(entry++) == sentence);
    }
    all.settle();
}

TEST_CASE("a call that crashes disturbs no call beside it") {
    const fifo said;
    calls all({echo, [](std::string_view) -> std::string { std::abort(); },
               [](std::string_view path) {
                   std::string text;
                   std::ifstream(std::string(path)) >> text;
                   return text;
               }});
    const call_id beside = all.start(2, said.path());
    for (int i = 0; i < 100; ++i) {
        CHECK(all.sentence(1) == "killed by SIGABRT (Aborted)");
        CHECK(all.result(0, "fine") == "fine");
    }
    said.write("undisturbed\n");
    CHECK(std::get<returned>(all.end_of(beside)).bytes == "undisturbed");
}

TEST_CASE("a call that scribbles over its slot fails alone") {
    static constexpr std::size_t payload = 10'000;
    calls all({echo,
               [](std::string_view) -> std::string {
                   const slot own = own_slot(slot_layout(1, payload, 0).slot_size());
                   std::memset(own.memory(), 0xff, slot_layout(1, payload, 0).slot_size());
                   ::_exit(0);
               },
               [](std::string_view) -> std::string {
                   const slot own = own_slot(slot_layout(1, payload, 0).slot_size());
                   std::memset(own.memory(), 0xff, slot_layout(1, payload, 0).slot_size());
                   own.header().state = slot_state::done;
                   ::_exit(0);
               }},
              {.max_processes = 8, .warm_processes = 2, .max_payload = payload});
    CHECK(all.sentence(1) == "exited with status 0 before returning");
    CHECK(all.sentence(2) == "the task process left an unreadable result");
    CHECK(all.result(0, "fine") == "fine");
}

TEST_CASE("a parked process that is killed costs no call") {
    calls all({echo});
    for (int i = 0; i < 5; ++i) {
        all.settle();
        for (const pid_t parked : children_of(all->fork_server_pid())) {
            ::kill(parked, SIGKILL);
        }
        CHECK(all.result(0, "fine") == "fine");
    }
}

TEST_CASE("a process that is killed before it takes its call is replaced, the call is not lost") {
    calls all({echo}, {.max_processes = 8, .warm_processes = 1});
    all.settle();
    const watched_process parked(children_of(all->fork_server_pid()).at(0));
    parked.send(SIGSTOP);
    parked.wait_until_stopped();
    const call_id call = all.start(0, "handed over");
    parked.send(SIGKILL);
    CHECK(std::get<returned>(all.end_of(call)).bytes == "handed over");
}

TEST_CASE("a call that is killed before a process takes it stays killed") {
    calls all({echo}, {.max_processes = 8, .warm_processes = 1});
    all.settle();
    const watched_process parked(children_of(all->fork_server_pid()).at(0));
    parked.send(SIGSTOP);
    parked.wait_until_stopped();
    const call_id call = all.start(0, "never run");
    CHECK(all->stop(call, std::chrono::milliseconds(0)));
    CHECK(all.sentence_of(call) == "killed by SIGKILL (Killed)");
}

TEST_CASE("a running process that is killed from outside ends its call with the signal's name") {
    const fifo said;
    calls all({say_and_block});
    const call_id call = all.start(0, said.path());
    ::kill(std::stoi(said.line()), SIGKILL);
    CHECK(all.sentence_of(call) == "killed by SIGKILL (Killed)");
    all.settle();
}

TEST_CASE("a process that answers and does not end is ended, its answer counts") {
    const fifo said;
    calls all({answer_and_hang});
    const call_id call = all.start(0, said.path());
    const watched_process process(std::stoi(said.line()));
    CHECK(std::get<returned>(all.end_of(call)).bytes == "answered");
    all.settle();
    CHECK(process.ends());
}

TEST_CASE("a process that is killed from outside after it has answered takes nothing back") {
    const fifo said;
    calls all({answer_and_hang});
    const call_id call = all.start(0, said.path());
    const watched_process process(std::stoi(said.line()));
    CHECK(std::get<returned>(all.end_of(call)).bytes == "answered");
    process.send(SIGKILL);
    CHECK(all.departure_of(call).used.peak_resident_bytes > 0);
    CHECK(process.ends());
}

TEST_CASE(
    "when the fork server is killed, fifty running calls fail with that reason and service goes "
    "on") {
    const fifo said;
    calls all({echo, say_and_block}, {.max_processes = 64, .warm_processes = 4});
    for (int round = 0; round < 3; ++round) {
        std::vector<call_id> running;
        std::vector<watched_process> processes;
        for (int i = 0; i < 50; ++i) {
            running.push_back(all.start(1, said.path()));
            processes.emplace_back(std::stoi(said.line()));
        }
        ::kill(all->fork_server_pid(), SIGKILL);
        for (const call_id call : running) {
            CHECK(all.sentence_of(call) == "the fork server was lost: killed by SIGKILL (Killed)");
        }
        for (const watched_process& process : processes) {
            CHECK(process.ends());
        }
        all.drive_until([&] { return all->fork_server_pid() != 0; });
        CHECK(all.result(0, "service goes on") == "service goes on");
    }
    all.settle();
}

TEST_CASE("a result that was there when the fork server died is not lost") {
    calls all({echo});
    const call_id call = all.start(0, "in time");
    pollfd readable{all->descriptor(), POLLIN, 0};
    REQUIRE(::poll(&readable, 1, 60'000) == 1);
    const pid_t doomed = all->fork_server_pid();
    ::kill(doomed, SIGKILL);
    CHECK(std::get<returned>(all.end_of(call)).bytes == "in time");
    all.drive_until(
        [&] { return all->fork_server_pid() != doomed && all->fork_server_pid() != 0; });
    CHECK(all.result(0, "next") == "next");
}

TEST_CASE("what a call forked ends even when the fork server dies") {
    const fifo said;
    calls all({[](std::string_view path) -> std::string {
        const std::string copy(path);
        ::fork();
        return say_and_block(copy);
    }});
    const call_id call = all.start(0, said.path());
    const watched_process one(std::stoi(said.line()));
    const watched_process other(std::stoi(said.line()));
    ::kill(all->fork_server_pid(), SIGKILL);
    CHECK(all.sentence_of(call) == "the fork server was lost: killed by SIGKILL (Killed)");
    CHECK(one.ends());
    CHECK(other.ends());
}

TEST_CASE("a fork server that is stopped while calls run is given up, and service goes on") {
    const fifo said;
    calls all({echo, say_and_block});
    all.settle();
    const call_id call = all.start(1, said.path());
    const pid_t process = std::stoi(said.line());
    const pid_t stopped = all->fork_server_pid();
    ::kill(stopped, SIGSTOP);
    ::kill(process, SIGKILL);
    CHECK(all.sentence_of(call) == "the fork server was lost: killed by SIGKILL (Killed)");
    all.drive_until(
        [&] { return all->fork_server_pid() != stopped && all->fork_server_pid() != 0; });
    CHECK(all.result(0, "service goes on") == "service goes on");
}

TEST_CASE("a server that is the init of its container is left with no zombies") {
    const fifo said;
    const pid_t init = ::fork();
    if (init == 0) {
        ::prctl(PR_SET_CHILD_SUBREAPER, 1);
        {
            calls all({echo, say_and_block});
            std::vector<call_id> running;
            for (int i = 0; i < 3; ++i) {
                running.push_back(all.start(1, said.path()));
                static_cast<void>(said.line());
            }
            // Or it dies in the middle of a fork, which its child may be done with before.
            const std::string stat = "/proc/" + std::to_string(all->fork_server_pid()) + "/stat";
            while (all->count().starting > 0 || file_text(stat).find(") S ") == std::string::npos)
                ::sched_yield();
            ::kill(all->fork_server_pid(), SIGKILL);
            for (const call_id call : running) all.end_of(call);
        }
        ::_exit(::waitpid(-1, nullptr, WNOHANG) == -1 && errno == ECHILD ? 0 : 1);
    }
    int status = -1;
    ::waitpid(init, &status, 0);
    CHECK(status == 0);
}
