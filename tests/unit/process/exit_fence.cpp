#include <restful_functions/process/current_call.hpp>
#include <restful_functions/process/exit_fence.hpp>

#include "../address_sanitizer.hpp"
#include "calls.hpp"

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <set>
#include <thread>

// What a call has registered for the end of its process runs, and what the program had does not.

using namespace test;
using namespace std::chrono_literals;

namespace {

class exiting : public calls {
 public:
    exiting(std::vector<body> bodies, isolation how, std::size_t worker_calls = 1,
            std::chrono::milliseconds grace = 1min, executor_options options = few)
        : calls(bodies, options, operating_system::real(),
                std::vector<call_policy>(
                    bodies.size(),
                    {.isolation = how, .worker_calls = worker_calls, .grace = grace})) {}

    /// What is in the file when the call's process is gone.
    std::string left_in(const std::string& path, std::string_view input = "") {
        departure_of(start(0, input));
        drive_until([&] { return (*this)->count().leaving + (*this)->count().kept == 0; });
        return file_text(path);
    }
};

void add_line(const std::string& path, std::string_view text) {
    if (std::FILE* file = std::fopen(path.c_str(), "a")) {
        std::fwrite(text.data(), 1, text.size(), file);
        std::fputc('\n', file);
        std::fclose(file);
    }
}

/// Whether a file gets these lines, in any order: a process that stays tells of no end.
bool has_lines(const std::string& path, const std::multiset<std::string>& wanted) {
    for (int looks = 0; looks < 100'000; ++looks) {
        std::multiset<std::string> lines;
        std::istringstream text(file_text(path));
        for (std::string line; std::getline(text, line);) lines.insert(line);
        if (lines == wanted) return true;
        ::sched_yield();
    }
    return false;
}

/// Where handlers, which take no argument, write to.
std::string& path_of_handlers() {
    static auto* const path = new std::string;
    return *path;
}

struct writes_at_end {
    std::string path;
    std::string text;
    ~writes_at_end() { add_line(path, text); }
};

/// A program that runs `start` with all kinds of handlers registered before.
class guarded_program {
 public:
    /// How a copy of this process, which has registered its handlers, ends, and what they write.
    template <class Run>
    std::string after(Run run) const {
        const pid_t program = ::fork();
        if (program == 0) {
            path_of_handlers() = path_;
            std::atexit([] { add_line(path_of_handlers(), "atexit"); });
            ::on_exit([](int, void*) { add_line(path_of_handlers(), "on_exit"); }, nullptr);
            std::at_quick_exit([] { add_line(path_of_handlers(), "at_quick_exit"); });
            static const writes_at_end object{path_, "static"};
            run();
            add_line(path_, "the program's own end:");
            std::exit(0);
        }
        ::waitpid(program, nullptr, 0);
        return file_text(path_);
    }

    /// For what a copy finds to be wrong.
    void note(std::string_view text) const { add_line(path_, text); }

    static constexpr const char* own_end = "the program's own end:\nstatic\non_exit\natexit\n";

 private:
    temporary_directory directory_;
    std::string path_ = directory_.file("ends");
};

}  // namespace

TEST_CASE("handlers and objects of the program are left alone, however a call ends") {
    for (const isolation how : all_isolations) {
        const guarded_program guarded;
        const std::string left = guarded.after([&] {
            exiting all({[](std::string_view input) -> std::string {
                            if (input == "exit") std::exit(3);
                            if (input == "quick_exit") std::quick_exit(4);
                            if (input == "exit in a thread")
                                std::thread([] { std::exit(5); }).join();
                            if (input == "end of the main thread") ::pthread_exit(nullptr);
                            if (input == "fork" && ::fork() == 0) std::exit(0);
                            if (input == "forked twins") ::fork();
                            if (input == "throw") throw 1;
                            static const std::string something(100, 'x');
                            return std::string(input);
                        }},
                        how, 2);
            const auto expect = [&](std::string_view input, std::string_view expected) {
                const std::string sentence = all.sentence(0, input);
                if (sentence != expected) guarded.note(std::string(input) + ": " + sentence);
            };
            expect("exit", "exited with status 3 before returning");
            expect("quick_exit", "exited with status 4 before returning");
            expect("exit in a thread", "exited with status 5 before returning");
            expect("end of the main thread", "exited with status 0 before returning");
            expect("fork", "returned");
            expect("forked twins", "returned");
            expect("return", "returned");
            expect("return", "returned");
            expect("throw", "uncaught exception of type int");
            all.drive_until([&] { return all->count().leaving == 0; });
        });
        CHECK(left == guarded_program::own_end);
    }
}

TEST_CASE("handlers of the program run once when the fork server was replaced") {
    const guarded_program guarded;
    CHECK(guarded.after([] {
        exiting all({[](std::string_view) -> std::string { std::exit(3); }}, isolation::process);
        all.run(0);
        all.replace_fork_server();
        all.run(0);
    }) == guarded_program::own_end);
}

TEST_CASE("what a call registers runs when its process ends, the last one first") {
    for (const isolation how : all_isolations) {
        const temporary_directory directory;
        const std::string path = directory.file("ends");
        exiting all({[&](std::string_view) {
                        path_of_handlers() = path;
                        std::atexit([] { add_line(path_of_handlers(), "atexit"); });
                        ::on_exit(
                            [](int status, void*) {
                                add_line(path_of_handlers(), "on_exit " + std::to_string(status));
                            },
                            nullptr);
                        static const writes_at_end object{path, "static"};
                        static thread_local const writes_at_end of_thread{path, "thread_local"};
                        return of_thread.text + object.text;
                    }},
                    how);
        CHECK(all.left_in(path) == "thread_local\nstatic\non_exit 0\natexit\n");
    }
}

TEST_CASE("what a call registers runs when it exits") {
    for (const isolation how : all_isolations) {
        const temporary_directory directory;
        const std::string path = directory.file("ends");
        exiting all({[&](std::string_view input) -> std::string {
                        path_of_handlers() = path;
                        static const writes_at_end object{path, "static"};
                        ::on_exit(
                            [](int status, void*) {
                                add_line(path_of_handlers(), "on_exit " + std::to_string(status));
                            },
                            nullptr);
                        std::at_quick_exit([] { add_line(path_of_handlers(), "quick"); });
                        if (input == "quick") std::quick_exit(6);
                        if (input == "thread") std::thread([] { std::exit(7); }).join();
                        std::exit(8);
                    }},
                    how);
        CHECK(all.left_in(path, "quick") == "quick\n");
        CHECK(all.left_in(path, "thread") == "quick\non_exit 7\nstatic\n");
        CHECK(all.left_in(path) == "quick\non_exit 7\nstatic\non_exit 8\nstatic\n");
    }
}

TEST_CASE("static streams of a call are written, one row a call") {
    for (const isolation how : all_isolations) {
        const temporary_directory directory;
        const std::string path = directory.file("rows.csv");
        exiting all({[&](std::string_view row) {
                        static std::ofstream out(path, std::ios::app);
                        out << row << '\n';
                        return std::string(row);
                    }},
                    how, 2);
        std::multiset<std::string> wanted;
        for (const char* row : {"1", "2", "3", "4"}) {
            CHECK(all.result(0, row) == row);
            wanted.insert(row);
        }
        all.drive_until([&] { return all->count().leaving == 0; });
        CHECK(has_lines(path, wanted));
    }
}

TEST_CASE("a stdio stream that a call leaves open is written") {
    for (const isolation how : all_isolations) {
        const temporary_directory directory;
        const std::string path = directory.file("left");
        exiting all({[&](std::string_view input) -> std::string {
                        std::FILE* file = std::fopen(path.c_str(), "a");
                        std::fputs(input == "exit" ? "exited;" : "returned;", file);
                        if (input == "exit") std::exit(1);
                        return "";
                    }},
                    how);
        CHECK(all.left_in(path) == "returned;");
        CHECK(all.left_in(path, "exit") == "returned;exited;");
    }
}

TEST_CASE("a worker that nobody needs any more ends with its handlers") {
    for (const bool by_server : {false, true}) {
        const temporary_directory directory;
        const std::string path = directory.file("ends");
        {
            const auto policy =
                call_policy{.isolation = isolation::worker, .grace = std::chrono::minutes(1)};
            calls all({[&](std::string_view) {
                           static const writes_at_end object{path, "dismissed"};
                           return object.text;
                       },
                       echo},
                      {.max_processes = 1, .warm_processes = 1}, operating_system::real(),
                      {policy, policy});
            CHECK(all.result(0) == "dismissed");
            if (!by_server) {
                CHECK(all.result(1, "wants its slot") == "wants its slot");
                CHECK(file_text(path) == "dismissed\n");
            }
        }
        CHECK(file_text(path) == "dismissed\n");
    }
}

TEST_CASE("a call is answered before its handlers run") {
    for (const isolation how : all_isolations) {
        const fifo gate;
        const fifo said;
        exiting all({[&](std::string_view) {
                        path_of_handlers() = gate.path() + ":" + said.path();
                        std::atexit([] {
                            const std::string& both = path_of_handlers();
                            const auto colon = both.find(':');
                            std::ifstream(both.substr(0, colon)).get();
                            std::ofstream(both.substr(colon + 1)) << "ended" << std::endl;
                        });
                        return std::string("answered");
                    }},
                    how);
        CHECK(all.result(0) == "answered");
        gate.write("x");
        CHECK(said.line() == "ended");
    }
}

TEST_CASE("a destructor that hangs is killed after the grace of its function") {
    for (const isolation how : all_isolations) {
        exiting all({[](std::string_view) {
                        std::atexit([] {
                            for (;;) ::pause();
                        });
                        return std::string("answered");
                    }},
                    how, 1, 10ms);
        const call_id call = all.start(0);
        CHECK(std::get<returned>(all.end_of(call)).bytes == "answered");
        all.departure_of(call);
    }
}

TEST_CASE("a destructor that crashes is a line in the server's log, and no other outcome") {
    // At its end a sanitized process looks for leaks and exits for them, and its thread-local
    // memory is gone: an exception crashes in the sanitizer, and not in std::terminate().
    if (address_sanitizer) return;
    for (const isolation how : all_isolations) {
        const temporary_directory directory;
        const std::string path = directory.file("stderr");
        const restful_functions::detail::unique_fd saved(::dup(STDERR_FILENO));
        {
            exiting all({[](std::string_view input) {
                            if (input == "crash") std::atexit([] { std::abort(); });
                            if (input == "throw") std::atexit([] { throw 1; });
                            return std::string("answered");
                        }},
                        how);
            const restful_functions::detail::unique_fd file(
                ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
            ::dup2(file.get(), STDERR_FILENO);
            for (const char* input : {"", "crash", "throw"}) {
                const call_id call = all.start(0, input);
                CHECK(std::get<returned>(all.end_of(call)).bytes == "answered");
                all.departure_of(call);
            }
        }
        ::dup2(saved.get(), STDERR_FILENO);
        const std::string line =
            "restful-functions: the process of a call that had ended was killed by SIGABRT "
            "(Aborted), by an exit handler, the destructor of a static object or a thread that was "
            "left\n";
        CHECK(file_text(path) == line + line);
    }
}

TEST_CASE("what a rewound process has registered runs for each call, in one process") {
    if (!can_rewind() || address_sanitizer) return;
    const temporary_directory directory;
    const std::string path = directory.file("ends");
    exiting all({[&](std::string_view) {
                    path_of_handlers() = path;
                    std::atexit([] { add_line(path_of_handlers(), std::to_string(::getpid())); });
                    static const std::string object(100, 'x');
                    return std::to_string(::getpid());
                }},
                isolation::rewind, 1000);
    std::multiset<std::string> wanted;
    // A call that finds no process ready gets a parked one.
    for (int call = 0; call < 100; ++call) wanted.insert(all.result(0));
    CHECK(std::set(wanted.begin(), wanted.end()).size() < 10);
    all.drive_until([&] { return all->count().leaving == 0; });
    CHECK(has_lines(path, wanted));
}

TEST_CASE("what a rewound call's handlers print is in no other call's log") {
    if (!can_rewind() || address_sanitizer) return;
    exiting all({[](std::string_view input) {
                    std::atexit([] {
                        std::printf("at the end\n");
                        std::cout << "at the end" << std::endl;
                        static_cast<void>(::write(STDERR_FILENO, "the end\n", 8));
                    });
                    std::cout << input;
                    return std::string();
                }},
                isolation::rewind, 1000);
    for (int call = 0; call < 50; ++call) {
        const std::string text = std::to_string(call);
        CHECK(all.departure_of(all.start(0, text)).log.text == text);
    }
}

TEST_CASE("a call is not kept from its end by a handler that hangs in a rewound process") {
    if (!can_rewind() || address_sanitizer) return;
    exiting all({[](std::string_view input) {
                    if (input == "hang")
                        std::atexit([] {
                            for (;;) ::pause();
                        });
                    return std::to_string(::getpid());
                }},
                isolation::rewind, 1000, 10ms);
    const std::string hung = all.result(0, "hang");
    for (int call = 0; call < 10; ++call) CHECK(all.result(0) != hung);
    // With one process for all, it has to go first.
    exiting one({[](std::string_view input) {
                    if (input == "hang")
                        std::atexit([] {
                            for (;;) ::pause();
                        });
                    return std::to_string(::getpid());
                }},
                isolation::rewind, 1000, 10ms, {.max_processes = 1, .warm_processes = 1});
    const std::string first = one.result(0, "hang");
    CHECK(one.result(0) != first);
}

TEST_CASE("a rewound call that exits with status 0 ends its process") {
    exiting all({[](std::string_view) -> std::string { std::exit(0); }}, isolation::rewind, 1000);
    for (int call = 0; call < 5; ++call)
        CHECK(all.sentence(0) == "exited with status 0 before returning");
}
