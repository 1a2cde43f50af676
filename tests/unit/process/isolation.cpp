#include "calls.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <iostream>
#include <set>
#include <thread>

using namespace test;

namespace {

int global = 0;

/// The numbers of the descriptors that a program has that is executed here.
std::set<std::string> descriptors_of_executed_program() {
    FILE* list = ::popen("exec ls /proc/self/fd", "r");
    std::set<std::string> numbers;
    for (char name[16]; std::fscanf(list, "%15s", name) == 1;) numbers.insert(name);
    ::pclose(list);
    return numbers;
}

/// Redirects this process's standard output to a file while it lives.
class redirected_output {
 public:
    redirected_output()
        : saved_(::dup(STDOUT_FILENO)), file_(::memfd_create("output", MFD_CLOEXEC)) {
        std::fflush(stdout);
        ::dup2(file_.get(), STDOUT_FILENO);
    }
    redirected_output(const redirected_output&) = delete;
    redirected_output& operator=(const redirected_output&) = delete;
    ~redirected_output() { ::dup2(saved_.get(), STDOUT_FILENO); }

    [[nodiscard]] std::string text() const {
        return file_text("/proc/self/fd/" + std::to_string(file_.get()));
    }

 private:
    restful_functions::detail::unique_fd saved_;
    restful_functions::detail::unique_fd file_;
};

/// Lets this process leave core dumps as large as it may while it lives.
class raised_core_limit {
 public:
    raised_core_limit() {
        ::getrlimit(RLIMIT_CORE, &saved_);
        const rlimit raised{saved_.rlim_max, saved_.rlim_max};
        ::setrlimit(RLIMIT_CORE, &raised);
    }
    raised_core_limit(const raised_core_limit&) = delete;
    raised_core_limit& operator=(const raised_core_limit&) = delete;
    ~raised_core_limit() { ::setrlimit(RLIMIT_CORE, &saved_); }

    [[nodiscard]] rlim_t most() const { return saved_.rlim_max; }

 private:
    rlimit saved_{};
};

/// Neither to a program nor to a directory of the system's (core(5)).
bool dumps_go_to_the_working_directory() {
    const std::string pattern = file_text("/proc/sys/kernel/core_pattern");
    return pattern.size() > 1 && pattern.front() != '|' && pattern.find('/') == std::string::npos;
}

}  // namespace

TEST_CASE("what a call changes, no other call sees") {
    calls all({[](std::string_view) {
                   static int calls_here = 0;
                   thread_local int calls_in_thread = 0;
                   ::setenv("CHANGED", "yes", 1);
                   return std::to_string(++global) + std::to_string(++calls_here) +
                          std::to_string(++calls_in_thread);
               },
               [](std::string_view) {
                   return std::string(::getenv("CHANGED") != nullptr ? "seen" : "unseen");
               }});
    for (int i = 0; i < 10; ++i) {
        CHECK(all.result(0) == "111");
        CHECK(all.result(1) == "unseen");
    }
}

TEST_CASE("what the program loaded before is there in every call") {
    global = 0;
    const std::string loaded = "loaded before";
    calls all({[&](std::string_view) { return loaded; }});
    CHECK(all.result(0) == "loaded before");
}

TEST_CASE("a call finds nothing of the result of the call before in its slot") {
    calls all({[](std::string_view) {
                   type_size = 400;
                   return std::string(500, 'x');
               },
               [](std::string_view) {
                   const auto* own = reinterpret_cast<const char*>(detail::current_slot);
                   const std::string_view payload(own + slot::payload_offset, 10'000);
                   return std::to_string(std::count(payload.begin(), payload.end(), 'x'));
               }},
              {.max_processes = 1, .warm_processes = 1, .max_payload = 10'000});
    CHECK(std::get<returned>(all.run(0)).type.size() == 400);
    CHECK(all.result(1) == "0");
}

TEST_CASE("a task process sees no slot but its own") {
    calls all({[](std::string_view) {
                  std::ifstream maps("/proc/self/maps");
                  std::string slots;
                  for (std::string line; std::getline(maps, line);) {
                      if (line.find("restful-functions-slots") != std::string::npos) {
                          std::uintptr_t begin = 0;
                          std::uintptr_t end = 0;
                          std::sscanf(line.c_str(), "%lx-%lx", &begin, &end);
                          slots += std::to_string(end - begin) + " ";
                      }
                  }
                  return slots;
              }},
              {.max_processes = 8, .warm_processes = 2, .max_payload = 10'000});
    CHECK(all.result(0) == std::to_string(slot_layout(1, 10'000, 0).slot_size()) + " ");
}

TEST_CASE(
    "a task process leads its own group, gains no privileges and has the signals of a fresh "
    "process") {
    std::signal(SIGUSR1, SIG_IGN);
    calls all({[](std::string_view) {
        sigset_t blocked;
        ::sigprocmask(SIG_SETMASK, nullptr, &blocked);
        std::string facts = ::getpgrp() == ::getpid() ? "leader " : "member ";
        facts +=
            ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? "no-new-privileges " : "privileges ";
        for (const int signal : {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGCHLD, SIGPIPE, SIGALRM,
                                 SIGUSR1, SIGUSR2, SIGXCPU}) {
            // Some are seen to, and end the process all the same.
            if (::sigismember(&blocked, signal) == 1 ||
                !restful_functions::process::detail::ends_process(signal)) {
                facts += "signal " + std::to_string(signal) + " ";
            }
        }
        return facts;
    }});
    std::signal(SIGUSR1, SIG_DFL);
    CHECK(all.result(0) == "leader no-new-privileges ");
}

TEST_CASE("a call that crashes leaves no core dump, unless that was asked for") {
    const raised_core_limit own;
    const temporary_directory directory;
    const auto limits_of_call = [](std::string_view) {
        rlimit of_call{};
        ::getrlimit(RLIMIT_CORE, &of_call);
        return std::to_string(of_call.rlim_cur) + " " + std::to_string(of_call.rlim_max);
    };
    const auto crash = [&](std::string_view) -> std::string {
        if (::chdir(directory.path().c_str()) == 0) std::abort();
        return "found no directory to crash in";
    };
    // It has what the call has, and its wait status tells of a dump wherever the system puts it.
    const auto crash_of_child = [&](std::string_view) -> std::string {
        const pid_t child = ::fork();
        if (child == 0) crash("");
        int status = 0;
        ::waitpid(child, &status, 0);
        if (!WIFSIGNALED(status)) return "did not crash";
        return WCOREDUMP(status) ? "dumped" : "did not dump";
    };
    const auto crash_and_leave = [](calls& all) {
        const call_id call = all.start(1);
        all.departure_of(call);
        return all.sentence_of(call);
    };

    calls all({limits_of_call, crash, crash_of_child});
    CHECK(all.result(0) == (own.most() == 0 ? "0 0" : "1 1"));
    CHECK(crash_and_leave(all) == "killed by SIGABRT (Aborted)");
    // A program that takes dumps is kept from it by a soft limit of 1 alone (core(5)).
    if (own.most() != 0) CHECK(all.result(2) == "did not dump");
    CHECK(std::filesystem::is_empty(directory.path()));

    calls dumping(
        {limits_of_call, crash, crash_of_child},
        {.max_processes = 8, .warm_processes = 1, .max_payload = 1000, .core_dumps = true});
    CHECK(dumping.result(0) == std::to_string(own.most()) + " " + std::to_string(own.most()));
    // Elsewhere a dump would stay behind, or be given to a program.
    if (own.most() != RLIM_INFINITY || !dumps_go_to_the_working_directory()) return;
    CHECK(crash_and_leave(dumping) == "killed by SIGABRT (Aborted)");
    CHECK_FALSE(std::filesystem::is_empty(directory.path()));
    CHECK(dumping.result(2) == "dumped");
}

TEST_CASE("a program that a call executes has no descriptor of the server's") {
    const std::set<std::string> of_the_program = descriptors_of_executed_program();
    calls all({[&](std::string_view) {
        std::string more;
        for (const std::string& number : descriptors_of_executed_program()) {
            if (!of_the_program.contains(number)) more += number + " ";
        }
        return more;
    }});
    CHECK(all.result(0) == "");
}

TEST_CASE("the children that a function leaves behind end with its call") {
    const fifo said;
    calls all({[](std::string_view path) -> std::string {
        const std::string copy(path);
        if (::fork() == 0) {
            if (::fork() == 0) {
                say_and_block(copy);
            }
            ::pause();
        }
        std::ifstream(copy + ".go").get();
        return "returned";
    }});
    REQUIRE(::mkfifo((said.path() + ".go").c_str(), 0600) == 0);
    const call_id call = all.start(0, said.path());
    const watched_process grandchild(std::stoi(said.line()));
    CHECK(grandchild.existed());
    std::ofstream(said.path() + ".go") << "go" << std::endl;
    CHECK(std::get<returned>(all.end_of(call)).bytes == "returned");
    all.settle();
    CHECK(grandchild.ends());
    ::unlink((said.path() + ".go").c_str());
}

TEST_CASE("when a function forks and both sides return, the call's own process answers") {
    calls all({[](std::string_view) { return std::string(::fork() == 0 ? "child" : "parent"); }});
    for (int i = 0; i < 20; ++i) {
        CHECK(all.result(0) == "parent");
    }
    all.settle();
}

TEST_CASE("a function may close every descriptor") {
    calls all({[](std::string_view) {
        ::close_range(0, ~0U, 0);
        return std::string("closed");
    }});
    CHECK(all.result(0) == "closed");
}

TEST_CASE("a function may leave threads running") {
    calls all({[](std::string_view) {
        std::thread([] { ::pause(); }).detach();
        return std::string("detached");
    }});
    CHECK(all.result(0) == "detached");
    all.settle();
}

TEST_CASE("without a log, calls print where the server does") {
    const redirected_output output;
    std::printf("printed before the fork server; ");
    calls all({[](std::string_view) {
                  std::printf("by printf; ");
                  std::cout << "by cout; ";
                  return std::string("printed");
              }},
              {.max_processes = 4, .warm_processes = 1, .log_bytes = 0});
    CHECK(all.result(0) == "printed");
    CHECK(output.text() == "printed before the fork server; by printf; by cout; ");
}

TEST_CASE("a call reads an empty standard input") {
    calls all({[](std::string_view) { return std::to_string(std::getchar()); }});
    CHECK(all.result(0) == std::to_string(EOF));
}
