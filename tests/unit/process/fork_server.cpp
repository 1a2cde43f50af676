#include "calls.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <optional>
#include <thread>

using namespace test;

namespace {

/// Fails the calls it is told to. What it counts lies in shared memory, for the fork server has a
/// copy of the rest.
class failing_system final : public operating_system {
 public:
    failing_system()
        : refusals_(new (::mmap(nullptr, sizeof(std::atomic<int>), PROT_READ | PROT_WRITE,
                                MAP_SHARED | MAP_ANONYMOUS, -1, 0)) std::atomic<int>(0)) {}
    ~failing_system() override { ::munmap(refusals_, sizeof(std::atomic<int>)); }

    /// So many forks fail, or pipes where those are the failing call.
    void refuse(int count) { *refusals_ = count; }
    [[nodiscard]] int refusals_left() const { return *refusals_; }
    std::string failing_call;
    int failed = 0;  ///< how often that one did, in this process

    pid_t fork() override {
        errno = EAGAIN;
        return is_refused() ? -1 : operating_system::fork();
    }
    void* mmap(std::size_t length, int protection, int flags, int descriptor,
               off_t offset) override {
        return fails("mmap", ENOMEM)
                   ? MAP_FAILED
                   : operating_system::mmap(length, protection, flags, descriptor, offset);
    }
    int memfd_create(const char* name, unsigned flags) override {
        return fails("memfd_create", EMFILE) ? -1 : operating_system::memfd_create(name, flags);
    }
    int eventfd(unsigned initial, int flags) override {
        return fails("eventfd", ENFILE) ? -1 : operating_system::eventfd(initial, flags);
    }
    int epoll_create(int flags) override {
        return fails("epoll_create1", EMFILE) ? -1 : operating_system::epoll_create(flags);
    }
    int pipe(int (&ends)[2], int flags) override {
        return fails("pipe", EMFILE) && is_refused() ? -1 : operating_system::pipe(ends, flags);
    }
    int pidfd_open(pid_t pid) override {
        return fails("pidfd_open", EMFILE) ? -1 : operating_system::pidfd_open(pid);
    }
    int socketpair(int domain, int type, int protocol, int (&pair)[2]) override {
        return fails("socketpair", ENFILE)
                   ? -1
                   : operating_system::socketpair(domain, type, protocol, pair);
    }

 private:
    bool fails(const char* call, int error) {
        errno = error;
        failed += failing_call == call ? 1 : 0;
        return failing_call == call;
    }
    bool is_refused() {
        const int left = *refusals_;
        if (left > 0) *refusals_ = left - 1;
        return left > 0;
    }

    std::atomic<int>* refusals_;
};

}  // namespace

TEST_CASE("an executor whose machine is broken says which call failed") {
    failing_system broken;
    lambdas none({echo});
    for (const char* call :
         {"mmap", "memfd_create", "eventfd", "epoll_create1", "socketpair", "pidfd_open", "fork"}) {
        broken.failing_call = call;
        broken.refuse(broken.failing_call == "fork" ? 1 : 0);
        std::string message;
        try {
            const executor never(none, {.max_processes = 4}, {}, broken);
        } catch (const std::system_error& error) {
            message = error.what();
        }
        CHECK(message.find(std::string(call) + ": ") == 0);
    }
}

TEST_CASE("a call waits while fork or a pipe is refused, and is served when it is not any more") {
    for (const char* call : {"fork", "pipe"}) {
        failing_system refusing;
        refusing.failing_call = call;
        calls all({echo}, {.max_processes = 8, .warm_processes = 0}, refusing);
        refusing.refuse(3);
        CHECK(all.result(0, "served") == "served");
        CHECK(refusing.refusals_left() == 0);
    }
}

TEST_CASE("parked processes are refilled when fork is not refused any more") {
    failing_system refusing;
    calls all({echo}, {.max_processes = 8, .warm_processes = 2}, refusing);
    all.settle();
    refusing.refuse(5);
    CHECK(all.result(0, "one") == "one");
    CHECK(all.result(0, "two") == "two");
    CHECK(all.result(0, "three") == "three");
    all.settle();
    CHECK(refusing.refusals_left() == 0);
}

TEST_CASE("a call that no process can be forked for fails with the system's reason") {
    failing_system refusing;
    calls all({echo}, {.max_processes = 8, .warm_processes = 0}, refusing);
    refusing.refuse(1'000'000);
    CHECK(all.sentence(0, "x") == "no process could be forked: Resource temporarily unavailable");
    refusing.refuse(0);
    CHECK(all.result(0, "again") == "again");
}

TEST_CASE("a fork server that cannot be forked again is tried again later") {
    failing_system refusing;
    calls all({echo}, {.max_processes = 8, .warm_processes = 1}, refusing);
    for (int failures : {1, 3}) {
        refusing.refuse(failures);
        ::kill(all->fork_server_pid(), SIGKILL);
        all.drive_until([&] { return all->fork_server_pid() == 0; });
        const call_id waiting = all.start(0, "waited");
        all.drive_until([&] { return all->fork_server_pid() != 0; });
        CHECK(std::get<returned>(all.end_of(waiting)).bytes == "waited");
    }
}

TEST_CASE("a call fails when no fork server can be had for long, and later ones are served") {
    failing_system refusing;
    calls all({echo}, {.max_processes = 8, .warm_processes = 1}, refusing);
    all.settle();
    refusing.refuse(1'000'000);
    ::kill(all->fork_server_pid(), SIGKILL);
    all.drive_until([&] { return all->fork_server_pid() == 0; });
    CHECK(all.sentence(0, "x") == "no fork server could be had");
    refusing.refuse(0);
    CHECK(all.result(0, "again") == "again");
}

TEST_CASE("a fork server that lacks memory or a descriptor when replaced is tried again later") {
    failing_system refusing;
    calls all({echo}, {.max_processes = 8, .warm_processes = 1}, refusing);
    for (const char* call : {"memfd_create", "mmap", "eventfd", "socketpair", "pidfd_open"}) {
        all.settle();
        refusing.failing_call = call;
        refusing.failed = 0;
        ::kill(all->fork_server_pid(), SIGKILL);
        all.drive_until([&] { return refusing.failed >= 2; });
        CHECK(all->fork_server_pid() == 0);
        refusing.failing_call.clear();
        CHECK(all.result(0, call) == call);
    }
}

TEST_CASE("the fork server stays when the terminal or an init asks the service to stop") {
    calls all({echo});
    const pid_t before = all->fork_server_pid();
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
        ::kill(before, signal);
    }
    CHECK(all.result(0, "stays") == "stays");
    CHECK(all->fork_server_pid() == before);
}

TEST_CASE("with the executor go the fork server and every process") {
    const fifo said;
    std::vector<watched_process> processes;
    {
        calls all({say_and_block});
        processes.emplace_back(all->fork_server_pid());
        all.start(0, said.path());
        processes.emplace_back(std::stoi(said.line()));
    }
    for (const watched_process& process : processes) {
        CHECK(process.ends());
    }
    CHECK(::waitpid(-1, nullptr, WNOHANG) == -1);  // not even a zombie
}

TEST_CASE("a server that is killed leaves no process behind") {
    const fifo said;
    const pid_t server = ::fork();
    if (server == 0) {
        lambdas blocking({say_and_block});
        executor doomed(blocking, {.max_processes = 4}, {});
        doomed.start(0, said.path());
        std::ofstream(said.path()) << doomed.fork_server_pid() << std::endl;
        for (;;) {
            ::pause();
        }
    }
    const watched_process one(std::stoi(said.line()));
    const watched_process other(std::stoi(said.line()));
    ::kill(server, SIGKILL);
    CHECK(one.ends());
    CHECK(other.ends());
    ::waitpid(server, nullptr, 0);
}

TEST_CASE("a process that the host forks does not end the fork server when it exits") {
    static std::optional<calls> all;
    all.emplace(std::vector<body>{echo});
    const pid_t copy = ::fork();
    if (copy == 0) {
        all.reset();
        ::_exit(0);
    }
    ::waitpid(copy, nullptr, 0);
    const pid_t before = all->operator->()->fork_server_pid();
    CHECK(all->result(0, "still there") == "still there");
    CHECK(all->operator->()->fork_server_pid() == before);
    all.reset();
}

TEST_CASE("a call that exits disturbs nobody where the host's executor is a static object") {
    static std::optional<calls> all;
    all.emplace(std::vector<body>{echo, [](std::string_view) -> std::string { std::exit(3); }});
    // The second fork server is forked from a program that has an executor.
    all->replace_fork_server();
    CHECK(all->sentence(1) == "exited with status 3 before returning");
    CHECK(all->result(0, "still there") == "still there");
    all.reset();
}

TEST_CASE("a host whose threads hold streams gets its fork server all the same, and another one") {
    std::atomic<bool> holds = false;
    std::atomic<bool> lets_go = false;
    std::thread reader([&] {  // as one that waits for a line does
        ::flockfile(stdin);
        ::flockfile(stdout);
        holds = true;
        holds.notify_one();
        lets_go.wait(false);
        ::funlockfile(stdout);
        ::funlockfile(stdin);
    });
    holds.wait(false);
    std::string results;  // to be checked when doctest can print again
    {
        calls all({echo}, {.max_processes = 4, .warm_processes = 1});
        results = all.result(0, "x");
        all.replace_fork_server();
        results += all.result(0, "y");
    }
    lets_go = true;
    lets_go.notify_one();
    reader.join();
    CHECK(results == "xy");
}

TEST_CASE(
    "calls may open as many files as the server could at first, whichever fork server it is") {
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    const rlimit low{256, before.rlim_max};
    const rlimit raised{300, before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &low) == 0);
    {
        calls all({[](std::string_view) {
                      rlimit now{};
                      ::getrlimit(RLIMIT_NOFILE, &now);
                      return std::to_string(now.rlim_cur);
                  }},
                  {.max_processes = 4, .warm_processes = 1});
        CHECK(all.result(0) == "256");
        REQUIRE(::setrlimit(RLIMIT_NOFILE, &raised) == 0);  // as for clients
        all.replace_fork_server();
        CHECK(all.result(0) == "256");
    }
    ::setrlimit(RLIMIT_NOFILE, &before);
}

TEST_CASE("a host whose handlers interrupt system calls gets its fork server all the same") {
    struct sigaction interrupting {};
    interrupting.sa_handler = [](int) {};
    struct sigaction before {};
    ::sigaction(SIGALRM, &interrupting, &before);
    itimerval often{.it_interval = {0, 1000}, .it_value = {0, 1000}};
    ::setitimer(ITIMER_REAL, &often, nullptr);
    for (int i = 0; i < 20; ++i) {
        calls all({echo}, {.max_processes = 4, .warm_processes = 1});
        CHECK(all.result(0, "x") == "x");
    }
    often = {};
    ::setitimer(ITIMER_REAL, &often, nullptr);
    ::sigaction(SIGALRM, &before, nullptr);
    CHECK(::waitpid(-1, nullptr, WNOHANG) == -1);
}

TEST_CASE("a process that got away from its group ends with the fork server") {
    const fifo said;
    std::vector<watched_process> escaped;
    {
        calls all({[](std::string_view path) {
            const std::string copy(path);
            int away[2];
            CHECK(::pipe(away) == 0);
            if (::fork() == 0) {
                ::setsid();
                ::close(away[1]);
                ::close(away[0]);
                say_and_block(copy);
            }
            ::close(away[1]);
            char nothing;  // until the other side has got away: the group ends with the call
            CHECK(::read(away[0], &nothing, 1) == 0);
            return std::string("returned");
        }});
        const call_id call = all.start(0, said.path());
        escaped.emplace_back(std::stoi(said.line()));
        all.departure_of(call);
    }
    CHECK(escaped.front().ends());
}

TEST_CASE("options that would overflow are refused") {
    lambdas none({});
    for (const executor_options& options :
         {executor_options{.max_payload = SIZE_MAX}, executor_options{.log_bytes = SIZE_MAX},
          executor_options{.max_processes = SIZE_MAX}}) {
        CHECK_THROWS_AS(executor(none, options, {}), std::invalid_argument);
    }
}
