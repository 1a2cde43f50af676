#include "rewinds.hpp"

#include <fcntl.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <array>
#include <csignal>
#include <ctime>
#include <fstream>
#include <thread>

using namespace test;

namespace {

bool create_timer() {
    sigevent quietly{};
    quietly.sigev_notify = SIGEV_NONE;
    timer_t timer{};
    return ::timer_create(CLOCK_MONOTONIC, &quietly, &timer) == 0;
}

}  // namespace

TEST_CASE("umask and working directory are as they were") {
    if (!possible()) return;
    std::array<char, 4096> before{};
    REQUIRE(::getcwd(before.data(), before.size()) != nullptr);
    CHECK(rewind_after([&](int) {
              std::array<char, 4096> now{};
              const mode_t mask = ::umask(0077);
              const bool fresh =
                  ::getcwd(now.data(), now.size()) != nullptr && now == before && mask != 0077;
              return ::chdir("/proc") == 0 && fresh;
          }) == ending::fresh);
}

TEST_CASE("a process with a file left open or closed is not put back") {
    if (!possible()) return;
    CHECK(rewind_after([](int) { return ::open("/dev/null", O_RDONLY) >= 0; }) == ending::gave_up);
    CHECK(rewind_after([](int) { return ::close(STDIN_FILENO) == 0; }) == ending::gave_up);
    CHECK(rewind_after([](int) {
              const int other = ::open("/proc/self/maps", O_RDONLY);
              ::dup2(other, STDIN_FILENO);
              return ::close(other) == 0;
          }) == ending::gave_up);
    CHECK(rewind_after([](int) { return ::close_range(3, ~0U, 0) == 0; }) == ending::gave_up);
    CHECK(rewind_after([](int) { return ::close_range(0, ~0U, 0) == 0; }) == ending::gave_up);
}

TEST_CASE("the flags of files are as they were, and those of descriptors are noticed") {
    if (!possible()) return;
    const auto open_pipe = [] {
        std::array<int, 2> ends{};
        return ::pipe(ends.data()) == 0 && ::dup2(ends[0], first_descriptor - 1) >= 0;
    };
    CHECK(rewind_after(
              [](int) {
                  const int flags = ::fcntl(first_descriptor - 1, F_GETFL);
                  ::fcntl(first_descriptor - 1, F_SETFL, flags | O_NONBLOCK);
                  return flags >= 0 && (flags & O_NONBLOCK) == 0;
              },
              3, open_pipe) == ending::fresh);
    CHECK(rewind_after([](int) { return ::fcntl(first_descriptor - 1, F_SETFD, FD_CLOEXEC) == 0; },
                       3, open_pipe) == ending::gave_up);
}

TEST_CASE("the handlers of signals are as they were") {
    if (!possible()) return;
    const auto disposition = [](int signal) {
        struct sigaction action {};
        ::sigaction(signal, nullptr, &action);
        return action.sa_handler;
    };
    constexpr auto nothing = [](int) {};
    constexpr auto other = [](int) { ::_exit(1); };
    ::signal(SIGUSR2, nothing);
    CHECK(rewind_after([=](int) {
              const bool fresh = disposition(SIGUSR1) == SIG_DFL &&
                                 disposition(SIGUSR2) == nothing && disposition(SIGPIPE) == SIG_DFL;
              ::signal(SIGUSR1, other);
              ::signal(SIGUSR2, other);
              ::signal(SIGPIPE, SIG_IGN);
              return fresh;
          }) == ending::fresh);
    ::signal(SIGUSR2, SIG_DFL);
}

TEST_CASE("children are waited for as before") {
    if (!possible()) return;
    CHECK(rewind_after([](int) {
              struct sigaction before {};
              struct sigaction unawaited {};
              unawaited.sa_handler = SIG_DFL;
              unawaited.sa_flags = SA_NOCLDWAIT;
              ::sigaction(SIGCHLD, &unawaited, &before);
              return (before.sa_flags & SA_NOCLDWAIT) == 0;
          }) == ending::fresh);
}

TEST_CASE("a process with other timers or limits is not put back") {
    if (!possible()) return;
    CHECK(rewind_after([](int) { return ::alarm(60) == 0; }) == ending::gave_up);
    CHECK(rewind_after([](int) { return create_timer(); }) == ending::gave_up);
    CHECK(rewind_after([](int) {
              rlimit files{};
              ::getrlimit(RLIMIT_NOFILE, &files);
              --files.rlim_cur;
              return ::setrlimit(RLIMIT_NOFILE, &files) == 0;
          }) == ending::gave_up);
}

TEST_CASE("a timer that was there stays, and another beside it is noticed") {
    if (!possible()) return;
    CHECK(rewind_after([](int) { return true; }, 3, create_timer) == ending::fresh);
    CHECK(rewind_after([](int) { return create_timer(); }, 3, create_timer) == ending::gave_up);
}

TEST_CASE("the limit of processor time may rise from call to call") {
    if (!possible()) return;
    CHECK(rewind_after([](int round) {
              rlimit time{};
              ::getrlimit(RLIMIT_CPU, &time);
              time.rlim_cur = static_cast<rlim_t>(1000 + round);
              return ::setrlimit(RLIMIT_CPU, &time) == 0;
          }) == ending::fresh);
}

TEST_CASE("a signal that waits for being unblocked is not left to the next call") {
    if (!possible()) return;
    CHECK(rewind_after([](int) {
              sigset_t blocked;
              ::sigemptyset(&blocked);
              ::sigaddset(&blocked, SIGUSR1);
              ::sigprocmask(SIG_BLOCK, &blocked, nullptr);
              return std::raise(SIGUSR1) == 0;
          }) == ending::gave_up);
}

TEST_CASE("a process with another place among the processes is not put back") {
    if (!possible()) return;
    CHECK(rewind_after([](int) { return ::setpgid(0, 0) == 0; }) == ending::gave_up);
    CHECK(rewind_after([](int) { return ::setsid() > 0; }) == ending::gave_up);
    CHECK(rewind_after([](int) { return ::nice(1) != -1; }) == ending::gave_up);
    CHECK(rewind_after([](int) { return ::prctl(PR_SET_PDEATHSIG, SIGTERM) == 0; }) ==
          ending::gave_up);
    CHECK(rewind_after([](int) { return ::prctl(PR_SET_NAME, "another") == 0; }) ==
          ending::gave_up);
    CHECK(rewind_after([](int) { return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0; }) ==
          ending::gave_up);
}

TEST_CASE("a process that the kernel treats otherwise is not put back") {
    if (!possible()) return;
    CHECK(rewind_after([](int) {
              const int flags = ::personality(0xffffffff);
              return ::personality(static_cast<unsigned>(flags ^ ADDR_NO_RANDOMIZE)) != -1;
          }) == ending::gave_up);
    CHECK(rewind_after([](int) { return ::ptrace(PTRACE_TRACEME, 0, 0, 0) == 0; }) ==
          ending::gave_up);
    CHECK(rewind_after([](int) {
              return static_cast<bool>(std::ofstream("/proc/self/oom_score_adj")
                                       << 999 << std::flush);
          }) == ending::gave_up);
}

TEST_CASE("a process with threads or children left is not put back") {
    if (!possible()) return;
    CHECK(rewind_after([](int) {
              std::thread([] { ::pause(); }).detach();
              return true;
          }) == ending::gave_up);
    CHECK(rewind_after([](int) {
              const pid_t parent = ::getpid();
              const pid_t child = ::fork();
              if (child == 0) {
                  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
                  if (::getppid() == parent) ::pause();
                  ::_exit(0);
              }
              return child > 0;
          }) == ending::gave_up);
    CHECK(rewind_after([](int) {
              const pid_t child = ::fork();
              if (child == 0) ::_exit(0);
              return child > 0;
          }) == ending::gave_up);
}
