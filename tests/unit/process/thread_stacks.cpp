#include "../address_sanitizer.hpp"
#include "calls.hpp"

#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <future>
#include <mutex>
#include <thread>

using namespace test;
using namespace restful_functions::literals;

namespace {

/// Calls the function while so many threads are idle, each of which has asked for some memory.
template <typename Function>
auto beside_threads(int count, Function function) {
    std::mutex lock;
    std::condition_variable told;
    bool is_over = false;
    int idle = 0;
    std::vector<std::future<void>> threads;
    for (int i = 0; i < count; ++i) {
        threads.push_back(std::async(std::launch::async, [&] {
            const std::vector<char> memory(1024, 'x');
            std::unique_lock locked(lock);
            ++idle;
            told.notify_all();
            told.wait(locked, [&] { return is_over; });
        }));
    }
    std::unique_lock locked(lock);
    told.wait(locked, [&] { return idle == count; });
    const auto result = function();
    is_over = true;
    told.notify_all();
    return result;
}

/// Whether so much memory can be had. The heap may have as much that tests before have freed.
std::string can_have(std::size_t size) {
    void* const memory =
        ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return "no";
    ::munmap(memory, size);
    return "yes";
}

/// Creates threads that ask for no memory, and waits until they have ended. Where the program had
/// threads before, others may change what those have left, which costs a rewound process: their
/// heaps, and their stacks, of which the C library keeps 40 MiB.
void create_plain_threads() {
    std::array<pthread_t, 4> threads{};
    std::atomic<bool> is_over{false};
    const auto wait = [](void* over) -> void* {
        static_cast<std::atomic<bool>*>(over)->wait(false);
        return nullptr;
    };
    for (pthread_t& thread : threads) ::pthread_create(&thread, nullptr, wait, &is_over);
    is_over = true;
    is_over.notify_all();
    for (const pthread_t thread : threads) ::pthread_join(thread, nullptr);
    // The kernel may count a thread for a moment longer.
    while (file_text("/proc/self/status").find("\nThreads:\t1\n") == std::string::npos) {
        ::sched_yield();
    }
}

constexpr std::size_t within = 48 << 20;
constexpr std::size_t beyond = 80 << 20;

// NOLINTNEXTLINE(misc-no-recursion): that is the point
[[gnu::noinline]] int descend(int depth) {
    volatile char frame[16 * 1024];
    frame[0] = 1;
    return depth == 0 ? 0 : descend(depth - 1) + frame[0];
}

const std::vector<body> threaded{
    [](std::string_view count) {
        return beside_threads(std::stoi(std::string(count)),
                              [] { return can_have(within) + " " + can_have(beyond); });
    },
    [](std::string_view) {
        for (int i = 0; i < 300; ++i) std::thread([] {}).join();
        for (int i = 0; i < 3; ++i) beside_threads(30, [] { return 0; });
        return can_have(within) + " " + can_have(beyond);
    },
    [](std::string_view) {
        return beside_threads(16, [] {
            int depth = 0;
            std::thread([&] { depth = descend(400); }).join();
            return std::to_string(depth);
        });
    },
    [](std::string_view) {
        pthread_attr_t large;
        ::pthread_attr_init(&large);
        ::pthread_attr_setstacksize(&large, std::size_t{256} << 20);
        pthread_t thread{};
        int depth = 0;
        const auto start = [](void* to) -> void* {
            *static_cast<int*>(to) = descend(1000);
            return nullptr;
        };
        if (::pthread_create(&thread, &large, start, &depth) != 0) return std::string("refused");
        ::pthread_join(thread, nullptr);
        return std::to_string(depth) + " " + can_have(beyond);
    },
    [](std::string_view) {
        rlimit now{};
        ::getrlimit(RLIMIT_DATA, &now);
        return std::to_string(now.rlim_cur);
    },
};

/// What four calls return under each isolation.
void answers(std::uint32_t entry, std::string_view input, std::string_view expected) {
    for (const auto how : all_isolations) {
        CAPTURE(static_cast<int>(how));
        calls all(threaded, {.max_processes = 8, .warm_processes = 2}, operating_system::real(),
                  std::vector<call_policy>(threaded.size(),
                                           {.limits = {.memory = 64_MiB}, .isolation = how}));
        for (int call = 0; call < 4; ++call) CHECK(all.result(entry, input) == expected);
    }
}

}  // namespace

TEST_SUITE_BEGIN("thread_stacks" * doctest::skip(address_sanitizer));

TEST_CASE("idle threads leave the memory of their call to it, and no more than that") {
    answers(0, "0", "yes no");
    answers(0, "16", "yes no");
    answers(0, "100", "yes no");
}

TEST_CASE("threads that have ended leave no memory beyond the limit") { answers(1, "", "yes no"); }

TEST_CASE("a thread has all of its stack within a memory limit") { answers(2, "", "400"); }

TEST_CASE("a stack of a size of its thread's own is not counted either") {
    answers(3, "", "1000 no");
}

TEST_CASE("a process without a memory limit creates threads as ever") {
    calls all(threaded);
    CHECK(all.result(0, "100") == "yes yes");
    CHECK(all.result(4) == std::to_string(RLIM_INFINITY));
}

TEST_CASE("a process that is rewound goes on after a call with threads") {
    calls all({[](std::string_view) {
                  create_plain_threads();
                  return std::to_string(::getpid());
              }},
              {.max_processes = 1, .warm_processes = 1}, operating_system::real(),
              {{.limits = {.memory = 16_MiB}, .isolation = isolation::rewind}});
    if (!can_rewind()) return;
    const std::string first = all.result(0);
    for (int call = 0; call < 5; ++call) CHECK(all.result(0) == first);
}

TEST_SUITE_END();
