#include <restful_functions/detail/orphans.hpp>

#include <doctest/doctest.h>

#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <future>
#include <thread>

using namespace restful_functions::detail;

namespace {

constexpr int cannot = 99;

/// Exit status of a body that is the first process of a namespace of its own.
template <class Body>
int run_as_first_process(Body body) {
    const pid_t outside = ::fork();
    if (outside == 0) {
        if (::unshare(CLONE_NEWPID | CLONE_NEWNS) != 0) ::_exit(cannot);
        const pid_t first = ::fork();
        if (first == 0) {
            if (::mount("", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
                ::mount("proc", "/proc", "proc", 0, nullptr) != 0) {
                ::_exit(cannot);
            }
            ::_exit(body());
        }
        int status = 0;
        ::waitpid(first, &status, 0);
        ::_exit(WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE);
    }
    int status = 0;
    ::waitpid(outside, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE;
}

pid_t fork_and_end() {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(7);
    return child;
}

/// A child of a child that has ended before it, and that has ended itself.
pid_t inherit() {
    int told[2];
    if (::pipe(told) != 0) ::_exit(cannot);
    const pid_t parent = ::fork();
    if (parent == 0) {
        const pid_t orphan = ::fork();
        if (orphan == 0) {
            while (::getppid() != 1) ::sched_yield();
            ::_exit(0);
        }
        ::_exit(::write(told[1], &orphan, sizeof orphan) == sizeof orphan ? 0 : 1);
    }
    pid_t orphan = 0;
    if (::read(told[0], &orphan, sizeof orphan) != sizeof orphan) ::_exit(cannot);
    ::waitpid(parent, nullptr, 0);
    return orphan;
}

/// Blocks until it has ended, and leaves it to be waited for.
void wait_for_end(pid_t child) {
    siginfo_t ended{};
    ::waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOWAIT);
}

bool is_left(pid_t child) {
    int status = 0;
    return ::waitpid(child, &status, WNOHANG) == child;
}

}  // namespace

TEST_CASE("the first process reaps its orphans, and no child that the program waits for") {
    const int status = run_as_first_process([] {
        if (!orphans::come_here()) return cannot;
        const pid_t from_before = fork_and_end();
        orphans found;
        const pid_t of_the_library = fork_and_end();
        const awaited_child awaited(of_the_library);
        std::promise<pid_t> forked;
        std::promise<void> looked;
        std::thread other([&] {
            forked.set_value(fork_and_end());
            looked.get_future().wait();
        });
        const pid_t of_a_thread = forked.get_future().get();
        const pid_t orphan = inherit();
        for (const pid_t each : {from_before, of_the_library, of_a_thread, orphan}) {
            wait_for_end(each);
        }
        found.reap();
        const int wrong = (is_left(orphan) ? 1 : 0) + (is_left(from_before) ? 0 : 2) +
                          (is_left(of_the_library) ? 0 : 4) + (is_left(of_a_thread) ? 0 : 8);
        looked.set_value();
        other.join();
        return wrong;
    });
    if (status == cannot) {
        MESSAGE("skipped: no namespace of processes can be made here");
        return;
    }
    CHECK(status == 0);
}

TEST_CASE("only the main thread of the first process looks for orphans") {
    CHECK_FALSE(orphans::come_here());
    const int status = run_as_first_process([] {
        bool come = true;
        std::thread([&] { come = orphans::come_here(); }).join();
        return come ? 1 : 0;
    });
    CHECK((status == 0 || status == cannot));
}
