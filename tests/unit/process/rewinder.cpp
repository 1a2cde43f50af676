#include "rewinds.hpp"

#include <fcntl.h>
#include <malloc.h>
#include <sched.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cfenv>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <locale>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace test;

namespace {

int initialised = 1;
int uninitialised[5000];
thread_local int of_the_thread = 2;

int count_in_static() {
    static int calls = 0;
    return ++calls;
}

const std::string& lazily(const std::string& value) {
    static const std::string first = value;
    return first;
}

std::size_t heap_size() { return ::mallinfo2().arena; }

[[gnu::noinline]] int recurse(int depth) {
    volatile char frame[1024];
    frame[0] = static_cast<char>(depth);
    return depth == 0 ? 0 : recurse(depth - 1) + frame[0] * 0 + 1;
}

std::uint64_t resident_pages() {
    std::uint64_t size = 0;
    std::uint64_t resident = 0;
    std::ifstream("/proc/self/statm") >> size >> resident;
    return resident;
}

/// join() returns a moment before the kernel has forgotten the thread.
void wait_until_alone() {
    struct stat threads {};
    do {
        ::sched_yield();
        ::stat("/proc/self/task", &threads);
    } while (threads.st_nlink > 3);
}

}  // namespace

TEST_CASE("globals, statics and thread-locals are as they were") {
    if (!possible()) return;
    CHECK(rewind_after([](int) {
              const bool fresh = initialised == 1 && uninitialised[4000] == 0 &&
                                 of_the_thread == 2 && count_in_static() == 1;
              initialised = uninitialised[4000] = of_the_thread = 9;
              return fresh;
          }) == ending::fresh);
}

TEST_CASE("each byte of a page is as it was, on the stack as in the heap") {
    if (!possible()) return;
    using pages = std::array<char, 5 * 4096>;
    alignas(4096) pages on_the_stack;
    const auto in_the_heap = std::make_unique<pages>();
    on_the_stack.fill('a');
    in_the_heap->fill('a');
    CHECK(rewind_after([&](int) {
              const auto is_a = [](char byte) { return byte == 'a'; };
              const bool fresh = std::ranges::all_of(on_the_stack, is_a) &&
                                 std::ranges::all_of(*in_the_heap, is_a);
              on_the_stack.fill('b');
              in_the_heap->fill('b');
              return fresh;
          }) == ending::fresh);
}

TEST_CASE("a static is initialised anew by each call") {
    if (!possible()) return;
    CHECK(rewind_after([](int round) {
              return lazily(std::to_string(round)) == std::to_string(round);
          }) == ending::fresh);
}

TEST_CASE("the heap is as it was, and does not grow by what is leaked") {
    if (!possible()) return;
    auto text = std::make_unique<std::string>(1000, 'a');
    const std::size_t heap = heap_size();
    const auto call = [&](int) {
        const bool fresh = *text == std::string(1000, 'a') && heap_size() < heap + 200'000;
        text->assign("another");
        text = std::make_unique<std::string>(5000, 'b');
        (new std::array<char, 50'000>)->fill(1);
        return fresh;
    };
    CHECK(rewind_after(call, 1000) == ending::fresh);
}

TEST_CASE("a heap that a call has grown is as small as before") {
    if (!possible()) return;
    const auto call = [end = ::sbrk(0)](int) {
        const bool fresh = ::sbrk(0) <= static_cast<char*>(end) + 200'000;
        for (int i = 0; i < 100; ++i) std::memset(std::malloc(100'000), 1, 100'000);
        return fresh;
    };
    CHECK(rewind_after(call) == ending::fresh);
}

TEST_CASE("what the C and C++ libraries remember is forgotten") {
    if (!possible()) return;
    ::unsetenv("REWINDER");
    std::srand(1);
    const int random = std::rand();
    std::srand(1);
    CHECK(rewind_after([](int) {
              const bool fresh = std::getenv("REWINDER") == nullptr;
              ::setenv("REWINDER", "was here", 1);
              return fresh;
          }) == ending::fresh);
    CHECK(rewind_after([=](int) { return std::rand() == random; }) == ending::fresh);
    CHECK(rewind_after([](int) {
              const bool fresh = std::locale().name() == "C";
              std::locale::global(std::locale("C.UTF-8"));
              return fresh && std::locale().name() == "C.UTF-8";
          }) == ending::fresh);
    CHECK(rewind_after([](int) {
              const bool fresh = (std::cout.flags() & std::ios::hex) == 0 && std::cout.good();
              std::cout << std::hex;
              std::cout.setstate(std::ios::badbit);
              return fresh;
          }) == ending::fresh);
}

TEST_CASE("the modes of floating-point numbers and the signals that are blocked are as they were") {
    if (!possible()) return;
    CHECK(rewind_after([](int) {
              sigset_t blocked;
              ::sigprocmask(SIG_SETMASK, nullptr, &blocked);
              const bool fresh =
                  std::fegetround() == FE_TONEAREST && ::sigismember(&blocked, SIGUSR1) == 0;
              std::fesetround(FE_UPWARD);
              ::sigaddset(&blocked, SIGUSR1);
              ::sigprocmask(SIG_SETMASK, &blocked, nullptr);
              return fresh;
          }) == ending::fresh);
}

TEST_CASE("a call that writes a hundred mebibytes leaves zeros where zeros were") {
    if (!possible()) return;
    static std::array<char, 100 << 20> large;
    CHECK(rewind_after([](int) {
              const bool fresh = std::ranges::all_of(large, [](char byte) { return byte == 0; });
              large.fill(1);
              return fresh;
          }) == ending::fresh);
}

TEST_CASE("exceptions, deep recursion and threads that have ended leave nothing") {
    if (!possible()) return;
    CHECK(rewind_after([](int) {
              try {
                  throw std::runtime_error("caught");
              } catch (const std::exception& error) {
                  return std::string(error.what()) == "caught";
              }
          }) == ending::fresh);
    CHECK(rewind_after([](int) { return recurse(4000) == 4000; }) == ending::fresh);
    CHECK(rewind_after([](int) {
              std::thread thread([] { of_the_thread = 3; });
              const pid_t id = ::gettid();
              thread.join();
              wait_until_alone();
              return id == ::getpid() && of_the_thread == 2;
          }) == ending::fresh);
}

TEST_CASE("memory that was mapped is unmapped") {
    if (!possible()) return;
    const auto map = [](std::size_t size) {
        return ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    };
    const auto call = [map](int) {
        // The first mapping of a call lies where that of the call before it has lain.
        static void* hint = ::mmap(nullptr, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        std::memset(map(100'000), 1, 100'000);
        std::memset(std::malloc(100'000'000), 1, 100'000'000);
        return hint != MAP_FAILED && resident_pages() < 100'000'000 / 4096 * 2;
    };
    CHECK(rewind_after(call, 5) == ending::fresh);
}

TEST_CASE("ten thousand calls take no more memory than ten") {
    if (!possible()) return;
    int& resident = shared_number();
    const auto call = [&](int round) {
        std::vector<std::string> strings(100, std::string(100, 'x'));
        const auto now = static_cast<int>(resident_pages());
        if (round == 10) resident = now;
        return round < 10 || now < resident + 64;
    };
    CHECK(rewind_after(call, 10'000) == ending::fresh);
}

TEST_CASE("pages that were given back are there again") {
    if (!possible()) return;
    static std::array<char, 3 << 20> filled;
    filled.fill('a');
    CHECK(rewind_after([](int) {
              const bool fresh = filled[0] == 'a' && filled[1 << 20] == 'a' && filled.back() == 'a';
              const auto begin = reinterpret_cast<std::uintptr_t>(filled.data()) / 4096 + 1;
              ::madvise(reinterpret_cast<void*>(begin * 4096), (3 << 20) - 8192, MADV_DONTNEED);
              return fresh && filled[1 << 20] == 0;
          }) == ending::fresh);
}

TEST_CASE("a process whose mappings are gone or otherwise protected is not put back") {
    if (!possible()) return;
    const auto map = [](int protection) {
        return ::mmap(nullptr, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    };
    void* data = map(PROT_READ | PROT_WRITE);
    void* constant = map(PROT_READ);
    CHECK(rewind_after([=](int) { return ::munmap(data, 4096) == 0; }) == ending::gave_up);
    CHECK(rewind_after([=](int) { return ::munmap(constant, 4096) == 0; }) == ending::gave_up);
    CHECK(rewind_after([=](int) { return ::mprotect(data, 4096, PROT_READ) == 0; }) ==
          ending::gave_up);
    for (void* replaced : {data, constant}) {
        CHECK(rewind_after([=](int) {
                  return ::mmap(replaced, 4096,
                                replaced == data ? PROT_READ | PROT_WRITE : PROT_READ,
                                MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == replaced;
              }) == ending::gave_up);
    }
    ::munmap(data, 4096);
    ::munmap(constant, 4096);
}

TEST_CASE("memory that the kernel may drop is empty again") {
    if (!possible()) return;
    constexpr int map_droppable = 8;  // MAP_DROPPABLE
    int* dropped = nullptr;
    const auto map = [&dropped] {
        void* memory =
            ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, map_droppable | MAP_ANONYMOUS, -1, 0);
        dropped = static_cast<int*>(memory);
        return memory != MAP_FAILED;
    };
    if (!map()) return;  // Linux 6.11 has it
    ::munmap(dropped, 4096);
    CHECK(rewind_after([&dropped](int) { return (*dropped)++ == 0; }, 3,
                       [&] { return map() && (*dropped = 0) == 0; }) == ending::fresh);
}

TEST_CASE("a forked copy of the process is not put back, and disturbs nothing") {
    if (!possible()) return;
    const pid_t child = ::fork();
    if (child == 0) {
        int& rounds = shared_number();
        const auto image = rewinder::mark(first_descriptor);
        if (!image || rounds == 10) ::_exit(image ? 0 : 1);
        ++rounds;
        const pid_t copy = ::fork();
        if (copy == 0) {
            image->rewind();
            ::_exit(3);
        }
        int status = 0;
        ::waitpid(copy, &status, 0);
        if (WEXITSTATUS(status) != 3) ::_exit(2);
        image->rewind();
        ::_exit(4);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    CHECK(status == 0);
}

TEST_CASE("a call that crashes still dies of its signal") {
    if (!possible()) return;
    ::signal(SIGSEGV, SIG_DFL);
    CHECK(rewind_after([](int round) { return round < 3 || std::raise(SIGSEGV) != 0; }, 10) ==
          ending::died);
}

TEST_CASE("a process that reserves terabytes, or that has written too much, is not marked") {
    if (!possible()) return;
    const auto map = [](std::size_t size) {
        return ::mmap(nullptr, size, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    };
    CHECK(refusal_of_mark() == mark_refusal::none);
    constexpr std::size_t size_of_shadow = std::size_t{1} << 40;
    void* shadow = map(size_of_shadow);
    CHECK(refusal_of_mark() == mark_refusal::untrackable);
    ::munmap(shadow, size_of_shadow);
    void* large = map(most_rewound_bytes);
    CHECK(refusal_of_mark() == mark_refusal::none);
    std::memset(large, 1, most_rewound_bytes);
    CHECK(refusal_of_mark() == mark_refusal::too_large);
    ::munmap(large, most_rewound_bytes);
}

TEST_CASE("a refusal says what is to be changed") {
    CHECK(std::string(describe(mark_refusal::unsupported)).find("Linux 6.7") != std::string::npos);
    CHECK(std::string(describe(mark_refusal::too_large)).find("64 MiB") != std::string::npos);
    CHECK(std::string(describe(mark_refusal::untrackable)).find("sanitizer") != std::string::npos);
    CHECK(std::string(describe(mark_refusal::not_alone)).find("thread") != std::string::npos);
}
