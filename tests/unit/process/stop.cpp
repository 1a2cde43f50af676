#include "calls.hpp"

#include <csignal>

using namespace test;
using namespace std::chrono_literals;

namespace {

std::string ignore_and_block(std::string_view path) {
    std::signal(SIGTERM, SIG_IGN);
    return say_and_block(path);
}

}  // namespace

TEST_CASE("a call that is stopped gets SIGTERM first") {
    const fifo said;
    calls all({say_and_block});
    const call_id call = all.start(0, said.path());
    static_cast<void>(said.line());
    CHECK(all->stop(call, 1h));
    CHECK(all.sentence_of(call) == "killed by SIGTERM (Terminated)");
}

TEST_CASE("a call that ignores SIGTERM gets SIGKILL after its grace, and two levels of children") {
    const fifo said;
    calls all({[](std::string_view path) -> std::string {
        const std::string copy(path);
        if (::fork() == 0) {
            ::fork();
        }
        return ignore_and_block(copy);
    }});
    const call_id call = all.start(0, said.path());
    std::vector<watched_process> processes;
    for (int i = 0; i < 3; ++i) {
        processes.emplace_back(std::stoi(said.line()));
    }
    CHECK(all->stop(call, 50ms));
    CHECK(all.sentence_of(call) == "killed by SIGKILL (Killed)");
    for (const watched_process& process : processes) {
        CHECK(process.ends());
    }
    all.settle();
}

TEST_CASE("two hundred calls that ignore SIGTERM all end") {
    const fifo said;
    calls all({ignore_and_block, echo}, {.max_processes = 256, .warm_processes = 4});
    std::vector<call_id> running;
    for (int i = 0; i < 200; ++i) {
        running.push_back(all.start(0, said.path()));
        static_cast<void>(said.line());
    }
    for (const call_id call : running) {
        CHECK(all->stop(call, 100ms));
    }
    CHECK(all.result(1, "meanwhile") == "meanwhile");
    for (const call_id call : running) {
        CHECK(all.sentence_of(call) == "killed by SIGKILL (Killed)");
    }
    all.settle();
}

TEST_CASE("a call that has ended is not stopped") {
    calls all({echo});
    const call_id call = all.start(0, "x");
    all.end_of(call);
    CHECK_FALSE(all->stop(call, 0ms));
    CHECK_FALSE(all->stop(call_id{1'000'000}, 0ms));
    CHECK(all.result(0, "next") == "next");
}

TEST_CASE("a function can ask whether it is to stop, and then return by itself") {
    const fifo said;
    calls all({[](std::string_view path) -> std::string {
        if (restful_functions::stop_requested()) {
            return "too early";
        }
        std::ofstream(std::string(path)) << "ready" << std::endl;
        while (!restful_functions::stop_requested()) {
            ::sched_yield();
        }
        return "stopped by itself";
    }});
    const call_id call = all.start(0, said.path());
    static_cast<void>(said.line());
    CHECK(all->stop(call, 1h));
    CHECK(std::get<returned>(all.end_of(call)).bytes == "stopped by itself");
}

TEST_CASE("clean-ups run when the call is stopped, the last one first, and then the process ends") {
    const fifo said;
    calls all({[](std::string_view path) -> std::string {
        const std::string copy(path);
        for (const char* what : {"first", "second"}) {
            restful_functions::on_terminate([=] { std::ofstream(copy) << what << std::endl; });
        }
        return say_and_block(copy);
    }});
    const call_id call = all.start(0, said.path());
    static_cast<void>(said.line());
    CHECK(all->stop(call, 1h));
    CHECK(said.line() == "second");
    CHECK(said.line() == "first");
    CHECK(all.sentence_of(call) == "killed by SIGTERM (Terminated)");
}

TEST_CASE("a clean-up that does not end is cut off") {
    const fifo said;
    calls all({[](std::string_view path) -> std::string {
        restful_functions::on_terminate([] { ::pause(); });
        return say_and_block(path);
    }});
    const call_id call = all.start(0, said.path());
    static_cast<void>(said.line());
    CHECK(all->stop(call, 50ms));
    CHECK(all.sentence_of(call) == "killed by SIGKILL (Killed)");
}

TEST_CASE("a call that returns runs no clean-up") {
    calls all({[](std::string_view) {
        restful_functions::on_terminate([] { ::_exit(3); });
        return std::string("returned");
    }});
    CHECK(all.result(0) == "returned");
    all.settle();
}
