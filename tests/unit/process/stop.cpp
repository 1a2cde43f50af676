#include "calls.hpp"

#include <csignal>
#include <thread>

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

TEST_CASE("threads of a function can ask whether it is to stop, all at once") {
    const fifo said;
    calls all({[](std::string_view path) -> std::string {
        if (restful_functions::stop_requested()) {
            return "too early";
        }
        std::ofstream(std::string(path)) << "ready" << std::endl;
        std::vector<std::thread> workers;
        for (int i = 0; i < 4; ++i) {
            workers.emplace_back([] {
                while (!restful_functions::stop_requested()) ::sched_yield();
            });
        }
        for (std::thread& worker : workers) worker.join();
        return "stopped by itself";
    }});
    const call_id call = all.start(0, said.path());
    static_cast<void>(said.line());
    all->stop(call, 1h);
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

TEST_CASE("a function that returns while its clean-up runs lets it finish") {
    const fifo said;
    calls all({[](std::string_view path) -> std::string {
        const std::string copy(path);
        restful_functions::on_terminate([copy] {
            std::ofstream(copy) << "cleaning" << std::endl;
            std::ifstream(copy + ".go").get();
            std::ofstream(copy) << "clean" << std::endl;
        });
        std::ofstream(copy) << "ready" << std::endl;
        while (!restful_functions::stop_requested()) ::sched_yield();
        return "returned";
    }});
    const std::string go = said.path() + ".go";
    REQUIRE(::mkfifo(go.c_str(), 0600) == 0);
    const call_id call = all.start(0, said.path());
    CHECK(said.line() == "ready");
    CHECK(all->stop(call, 1h));
    CHECK(said.line() == "cleaning");
    std::ofstream(go) << "go" << std::endl;
    CHECK(said.line() == "clean");
    CHECK(all.sentence_of(call) == "killed by SIGTERM (Terminated)");
    ::unlink(go.c_str());
}

TEST_CASE("a call that has its result and hides it is found out by a stop") {
    const fifo said;
    calls all({[](std::string_view path) -> std::string {
        const std::string copy(path);
        std::signal(SIGTERM, SIG_IGN);
        ::close_range(3, ~0U, 0);  // the completion as well
        int ends[2];
        if (::pipe(ends) != 0) ::_exit(1);
        FILE* stuck = ::fdopen(ends[1], "w");
        static char buffer[256 * 1024];
        ::setvbuf(stuck, buffer, _IOFBF, sizeof buffer);
        std::fputs(std::string(sizeof buffer - 1, 'x').c_str(), stuck);  // more than a pipe holds
        std::ofstream(copy) << "about to return" << std::endl;
        return "hidden";
    }});
    const call_id call = all.start(0, said.path());
    static_cast<void>(said.line());
    // Until the result is there, a stop is a request that this function ignores.
    while (all->stop(call, 1h)) ::sched_yield();
    CHECK(std::get<returned>(all.end_of(call)).bytes == "hidden");
    all.settle();
}

TEST_CASE("a call that is stopped again does not get more time") {
    const fifo said;
    calls all({ignore_and_block});
    const call_id call = all.start(0, said.path());
    static_cast<void>(said.line());
    CHECK(all->stop(call, 50ms));
    CHECK(all->stop(call, 1h));
    CHECK(all.sentence_of(call) == "killed by SIGKILL (Killed)");
}

TEST_CASE("a call may have all the time there is to clean up") {
    const fifo said;
    calls all({[](std::string_view path) {
        static_cast<void>(restful_functions::stop_requested());  // from here on it is asked
        std::ofstream(std::string(path)) << "ready" << std::endl;
        while (!restful_functions::stop_requested()) ::sched_yield();
        return std::string("cleaned up");
    }});
    const call_id call = all.start(0, said.path());
    static_cast<void>(said.line());
    CHECK(all->stop(call, std::chrono::milliseconds::max()));
    CHECK(std::get<returned>(all.end_of(call)).bytes == "cleaned up");
}

TEST_CASE("what a function forks does not inherit that it takes SIGTERM itself") {
    calls all({[](std::string_view) {
        restful_functions::on_terminate([] {});
        const pid_t child = ::fork();
        if (child == 0) {
            std::raise(SIGTERM);
            ::_exit(0);
        }
        int status = 0;
        ::waitpid(child, &status, 0);
        return std::to_string(WIFSIGNALED(status) ? WTERMSIG(status) : 0);
    }});
    CHECK(all.result(0) == std::to_string(SIGTERM));
}
