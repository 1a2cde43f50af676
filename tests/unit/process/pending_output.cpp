#include <restful_functions/process/current_call.hpp>
#include <restful_functions/process/pending_output.hpp>

#include "calls.hpp"

#include <clocale>
#include <cstdio>
#include <iostream>
#include <thread>

using namespace test;
using namespace std::chrono_literals;

namespace {

/// Prints a line and a half in the way that the input names, and ends or hangs as it says then.
/// "printf hang"
std::string print_and(std::string_view input) {
    const auto space = input.find(' ');
    const std::string_view how = input.substr(0, space);
    std::string_view then = input.substr(space + 1);
    if (how == "printf") std::printf("a line\nhalf");
    if (how == "cout") std::cout << "a line" << '\n' << "half";
    if (how == "clog")
        std::clog << "a line\n"
                  << "half";
    if (how == "wcout") std::wcout << L"a line\n" << L"half";
    if (how == "late") {
        std::ios::sync_with_stdio(false);
        std::cout << "a line\nhalf";
    }
    if (then == "crash") *reinterpret_cast<volatile int*>(8) = 1;
    if (then == "abort") std::abort();
    if (then == "throw") std::thread([] { throw 1; }).join();
    if (then == "exit") std::exit(1);
    if (then == "quick_exit") std::quick_exit(1);
    if (then == "return") return "";
    if (then == "burn") {
        for (;;) ::getppid();
    }
    return say_and_block(then);
}

class printing : public calls {
 public:
    explicit printing(isolation how, std::vector<body> bodies = {print_and})
        : calls(
              bodies, few, operating_system::real(),
              std::vector<call_policy>(bodies.size(), {.limits = {.cpu = 1s}, .isolation = how})) {}

    /// Whether it is there while the call runs.
    bool sees(call_id call, std::string_view text) {
        for (int looks = 0; looks < 1'000'000; ++looks) {
            if ((*this)->log(call).text == text) return true;
            ::sched_yield();
        }
        return false;
    }
};

/// Runs `check` in a copy of this process in which the standard streams go their own ways.
template <class Check>
void unsynchronised(Check check) {
    const pid_t copy = ::fork();
    if (copy == 0) {
        std::ios::sync_with_stdio(false);
        ::_exit(check() ? 0 : 1);
    }
    int status = 0;
    ::waitpid(copy, &status, 0);
    CHECK(status == 0);
}

}  // namespace

TEST_CASE("lines are in the log when they were printed, and the rest when the call is stopped") {
    for (const isolation how : all_isolations) {
        printing all(how);
        for (const std::string way : {"printf ", "cout "}) {
            const fifo said;
            const call_id call = all.start(0, way + said.path());
            static_cast<void>(said.line());
            CHECK_MESSAGE(all.sees(call, "a line\n"), way);
            CHECK(all->stop(call, 1h));
            CHECK(all.sentence_of(call) == "killed by SIGTERM (Terminated)");
            CHECK(all.departure_of(call).log.text == "a line\nhalf");
        }
    }
}

TEST_CASE("the same where streams are not synchronised with stdio") {
    unsynchronised([] {
        bool right = true;
        for (const isolation how : all_isolations) {
            printing all(how);
            for (const std::string way : {"printf ", "cout ", "clog ", "wcout "}) {
                const fifo said;
                const call_id call = all.start(0, way + said.path());
                static_cast<void>(said.line());
                right = right && all.sees(call, "a line\n");
                all->stop(call, 1h);
                right = right && all.sentence_of(call) == "killed by SIGTERM (Terminated)" &&
                        all.departure_of(call).log.text == "a line\nhalf";
                for (const std::string then : {"crash", "abort", "exit", "return"}) {
                    const call_id other = all.start(0, (way + then));
                    right = right && all.departure_of(other).log.text == "a line\nhalf";
                }
            }
        }
        return right;
    });
}

TEST_CASE("what was printed is written however a call ends") {
    for (const isolation how : all_isolations) {
        printing all(how);
        for (const std::string way : {"printf ", "cout ", "clog ", "late "}) {
            for (const std::string then :
                 {"crash", "abort", "throw", "exit", "quick_exit", "return"}) {
                const std::string text = all.departure_of(all.start(0, way + then)).log.text;
                // std::terminate() says something, too, and before what is late.
                CHECK_MESSAGE(text.find("a line\n") != std::string::npos, (way + then));
                CHECK_MESSAGE(text.find("half") != std::string::npos, (way + then));
            }
        }
        CHECK(all.departure_of(all.start(0, "printf burn")).log.text == "a line\nhalf");
    }
}

TEST_CASE("other streams of stdio's are written when a call crashes or is stopped") {
    const temporary_directory directory;
    const std::string path = directory.file("written");
    calls all({[&](std::string_view input) -> std::string {
        std::FILE* file = std::fopen(path.c_str(), "a+");
        std::fputs(input == "crash" ? "crashed;" : "stopped;", file);
        if (input == "crash") std::abort();
        return say_and_block(input);
    }});
    all.run(0, "crash");
    CHECK(file_text(path) == "crashed;");
    const fifo said;
    const call_id call = all.start(0, said.path());
    static_cast<void>(said.line());
    all->stop(call, 1h);
    CHECK(all.sentence_of(call) == "killed by SIGTERM (Terminated)");
    CHECK(file_text(path) == "crashed;stopped;");
}

TEST_CASE("a stream that was read from is written where its reading ended") {
    const temporary_directory directory;
    const std::string path = directory.file("written");
    std::ofstream(path) << "one two three";
    calls all({[&](std::string_view) -> std::string {
        std::FILE* file = std::fopen(path.c_str(), "r+");
        char word[4]{};
        if (std::fread(word, 1, 3, file) != 3) return "";
        std::fseek(file, 4, SEEK_SET);
        std::fputs("TWO", file);
        std::abort();
    }});
    all.run(0);
    CHECK(file_text(path) == "one TWO three");
}

TEST_CASE("a stream whose lock another thread holds keeps no call from its end") {
    calls all({[](std::string_view input) -> std::string {
        std::printf("half");
        std::atomic<bool> held{false};
        std::thread([&held] {
            ::flockfile(stdout);
            held = true;
            for (;;) ::pause();
        }).detach();
        while (!held) ::sched_yield();
        if (input == "abort") std::abort();
        return say_and_block(input);
    }});
    CHECK(all.sentence(0, "abort") == "killed by SIGABRT (Aborted)");
    const fifo said;
    const call_id call = all.start(0, said.path());
    static_cast<void>(said.line());
    all->stop(call, 1h);
    CHECK(all.sentence_of(call) == "killed by SIGTERM (Terminated)");
}

TEST_CASE("a destroyed list of streams changes no outcome") {
    calls all({[](std::string_view path) -> std::string {
        stdout->_chain = reinterpret_cast<std::FILE*>(64);
        if (path.empty()) std::abort();
        return say_and_block(path);
    }});
    CHECK(all.sentence(0) == "killed by SIGABRT (Aborted)");
    const fifo said;
    const call_id call = all.start(0, said.path());
    static_cast<void>(said.line());
    all->stop(call, 1h);
    CHECK(all.sentence_of(call) == "killed by SIGTERM (Terminated)");
}

TEST_CASE("no line is printed twice when a call is stopped in the midst of printing") {
    calls all({[](std::string_view path) -> std::string {
        std::ofstream(std::string(path)) << "ready" << std::endl;
        for (int i = 0;; ++i) std::printf("%d\n", i);
    }});
    for (int round = 0; round < 20; ++round) {
        const fifo said;
        const call_id call = all.start(0, said.path());
        static_cast<void>(said.line());
        all->stop(call, 1h);
        CHECK(all.sentence_of(call) == "killed by SIGTERM (Terminated)");
        const std::string text = all.departure_of(call).log.text;
        std::istringstream lines(text.substr(std::min(text.size(), text.find('\n') + 1)));
        int last = -1;
        for (int next = 0; lines >> next; last = next) CHECK((last == -1 || next == last + 1));
    }
}

TEST_CASE("a process that a call forks is ended by SIGTERM without printing what its parent will") {
    calls all({[](std::string_view) {
        std::printf("once;");
        const pid_t child = ::fork();
        if (child == 0) {
            for (;;) ::pause();
        }
        ::kill(child, SIGTERM);
        int status = 0;
        ::waitpid(child, &status, 0);
        return std::to_string(WIFSIGNALED(status) ? WTERMSIG(status) : 0);
    }});
    const call_id call = all.start(0);
    CHECK(std::get<returned>(all.end_of(call)).bytes == std::to_string(SIGTERM));
    CHECK(all.departure_of(call).log.text == "once;");
}

TEST_CASE("a function's own handler of SIGTERM is the one that counts") {
    const fifo said;
    calls all({[](std::string_view path) -> std::string {
        std::signal(SIGTERM, [](int) { ::_exit(6); });
        return say_and_block(path);
    }});
    const call_id call = all.start(0, said.path());
    static_cast<void>(said.line());
    all->stop(call, 1h);
    CHECK(all.sentence_of(call) == "exited with status 6 before returning");
}

TEST_CASE("what is left to print after clean-ups have run is written") {
    const fifo said;
    calls all({[](std::string_view path) -> std::string {
        restful_functions::on_terminate([] { std::printf("cleaned up"); });
        return say_and_block(path);
    }});
    const call_id call = all.start(0, said.path());
    static_cast<void>(said.line());
    all->stop(call, 1h);
    CHECK(all.sentence_of(call) == "killed by SIGTERM (Terminated)");
    CHECK(all.departure_of(call).log.text == "cleaned up");
}
