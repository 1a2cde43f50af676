/// What a call cannot do without, alone: a fork, a fork that brings a result back, copies of the
/// bytes. Each prints its figures as JSON.
#pragma once

#include "pacing.hpp"

#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <vector>

namespace bare {

using clock = std::chrono::steady_clock;
using seconds = std::chrono::duration<double>;

/// The seconds since then, as the figure of a program that ends with it.
inline void print_seconds_since(clock::time_point start) {
    std::printf(R"({"seconds": %.3f})"
                "\n",
                seconds(clock::now() - start).count());
}

/// Bytes copied to a file in memory: what the server cannot do without before it forks.
inline void print_file_copy(const char* bytes, std::size_t size) {
    const auto start = clock::now();
    const int file = ::memfd_create("copy", MFD_CLOEXEC);
    for (std::size_t copied = 0; copied < size;) {
        const ssize_t written = ::write(file, bytes + copied, size - copied);
        if (written <= 0) {
            std::perror("write");
            std::exit(1);
        }
        copied += static_cast<std::size_t>(written);
    }
    print_seconds_since(start);
}

/// The process id, or 0 in the child. Ends the program when the system refuses.
inline pid_t forked() {
    const pid_t child = ::fork();
    if (child < 0) {
        std::perror("fork");
        std::exit(1);
    }
    return child;
}

/// Processes that end at once, four of them outstanding: the processes a second that the system
/// can give.
inline void print_forks(double duration) {
    int outstanding = 0;
    unsigned long calls = 0;
    const auto start = clock::now();
    const auto end = start + seconds(duration);
    while (clock::now() < end) {
        for (; outstanding < 4; ++outstanding) {
            if (forked() == 0) ::_exit(0);
        }
        ::waitpid(-1, nullptr, 0);
        --outstanding;
        ++calls;
    }
    const double rate = static_cast<double>(calls) / seconds(clock::now() - start).count();
    for (; outstanding > 0; --outstanding, ++calls) ::waitpid(-1, nullptr, 0);
    std::printf(R"({"calls/s": %.1f, "calls": %lu})"
                "\n",
                rate, calls);
}

/// A process every 2 ms: from the fork until its result is there, in memory that both share.
inline void print_paced_forks(double duration, int (*function)(int, int)) {
    struct shared {
        std::atomic<std::uint32_t> done{0};
        int result = 0;
    };
    auto* const slot = new (::mmap(nullptr, sizeof(shared), PROT_READ | PROT_WRITE,
                                   MAP_SHARED | MAP_ANONYMOUS, -1, 0)) shared;
    print_paced(duration, [&] {
        slot->done = 0;
        const auto start = clock::now();
        const pid_t child = forked();
        if (child == 0) {
            slot->result = function(3, 6);
            slot->done = 1;
            ::syscall(SYS_futex, &slot->done, FUTEX_WAKE, 1, nullptr, nullptr, 0);
            ::_exit(0);
        }
        while (slot->done == 0) {
            ::syscall(SYS_futex, &slot->done, FUTEX_WAIT, 0, nullptr, nullptr, 0);
        }
        const auto took = clock::now() - start;
        ::waitpid(child, nullptr, 0);
        if (slot->result != 9) std::exit(1);
        return took;
    });
}

/// 8 MiB copied once in and once out, as a call does at the very least.
inline void print_copies(double duration) {
    std::vector<char> source(8 << 20, 'x'), target(source.size(), 'y');
    unsigned long calls = 0;
    const auto start = clock::now();
    const auto end = start + seconds(duration);
    for (; clock::now() < end; ++calls) {
        std::memcpy(target.data(), source.data(), source.size());
        asm volatile("" : : "r"(target.data()) : "memory");
        std::memcpy(source.data(), target.data(), source.size());
        asm volatile("" : : "r"(source.data()) : "memory");
    }
    std::printf(R"({"calls/s": %.1f})"
                "\n",
                static_cast<double>(calls) / seconds(clock::now() - start).count());
}

}  // namespace bare
