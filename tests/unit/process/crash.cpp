#include "calls.hpp"

#include <csignal>
#include <new>
#include <stdexcept>
#include <thread>

using namespace test;

namespace {

volatile int never = -1;

// Static: dladdr(3) would not know them.
[[gnu::noinline]] static void write_to(std::uintptr_t address) {
    *reinterpret_cast<volatile int*>(address) = 1;
}

// NOLINTNEXTLINE(misc-no-recursion): that is the point
[[gnu::noinline]] static int descend_for_ever(int depth) {
    volatile char frame[4096];
    frame[0] = static_cast<char>(depth);
    return depth == never ? 0 : descend_for_ever(depth + 1) + frame[0];
}

std::vector<body> crashing() {
    return {
        [](std::string_view) -> std::string {
            write_to(8);
            return "";
        },
        [](std::string_view) { return std::to_string(descend_for_ever(0)); },
        [](std::string_view) -> std::string { std::abort(); },
        [](std::string_view) -> std::string {
            std::raise(SIGKILL);
            return "";
        },
        [](std::string_view) -> std::string {
            std::thread([] { write_to(16); }).join();
            return "";
        },
        [](std::string_view) -> std::string {
            std::vector<char> code(10);
            reinterpret_cast<void (*)()>(code.data())();
            return "";
        },
    };
}

crashed crash_of(const outcome& end) {
    REQUIRE_MESSAGE(std::holds_alternative<crashed>(end), describe(end));
    return std::get<crashed>(end);
}

}  // namespace

TEST_CASE("a write to a null pointer is reported with its address and the function that did it") {
    calls all(crashing());
    const crashed crash = crash_of(all.run(0));
    CHECK(crash.signal == SIGSEGV);
    CHECK(crash.address == 8);
    CHECK(crash.backtrace.find("write_to(unsigned long)+0x") != std::string::npos);
    CHECK(crash.backtrace.find("write_to") < crash.backtrace.find('\n'));  // innermost first
    CHECK(crash.backtrace.find("live_as_child") == std::string::npos);  // not ours
}

TEST_CASE("endless recursion is reported as well, on a stack that is full") {
    calls all(crashing());
    const crashed crash = crash_of(all.run(1));
    CHECK(crash.signal == SIGSEGV);
    CHECK(crash.address.has_value());
    CHECK(crash.backtrace.find("descend_for_ever(int)+0x") != std::string::npos);
}

TEST_CASE("an abort has a backtrace and no address") {
    calls all(crashing());
    const crashed crash = crash_of(all.run(2));
    CHECK(crash.signal == SIGABRT);
    CHECK_FALSE(crash.address.has_value());
    CHECK(crash.backtrace.find("abort") != std::string::npos);
}

TEST_CASE("of a process that was killed nothing more is known") {
    calls all(crashing());
    const crashed crash = crash_of(all.run(3));
    CHECK(crash.signal == SIGKILL);
    CHECK_FALSE(crash.address.has_value());
    CHECK(crash.backtrace.empty());
}

TEST_CASE("a crash of another thread is reported with that thread's frames") {
    calls all(crashing());
    const crashed crash = crash_of(all.run(4));
    CHECK(crash.address == 16);
    CHECK(crash.backtrace.find("write_to(unsigned long)+0x") != std::string::npos);
}

TEST_CASE("a jump to where no code is is a crash like others") {
    calls all(crashing());
    CHECK(crash_of(all.run(5)).signal == SIGSEGV);
}

TEST_CASE("an exception is reported with its type") {
    calls all({
        [](std::string_view) -> std::string { throw std::runtime_error("no such file"); },
        [](std::string_view) -> std::string { throw 42; },
        [](std::string_view) -> std::string { throw std::runtime_error(""); },
    });
    const auto thrown = [&](std::uint32_t entry) { return std::get<threw>(all.run(entry)); };
    CHECK(thrown(0).type == "std::runtime_error");
    CHECK(thrown(0).what == "no such file");
    CHECK(thrown(1).type == "int");
    CHECK(thrown(1).what == "uncaught exception of type int");
    CHECK(thrown(2).what.empty());
}

TEST_CASE("a frame is made readable, and what is none is left as it is") {
    using restful_functions::process::detail::readable_frame;
    CHECK(readable_frame("_Z3addii+0x4 program") == "add(int, int)+0x4 (program)");
    CHECK(readable_frame("main+0x10 program") == "main+0x10 (program)");
    CHECK(readable_frame("?+0x10 libc.so.6") == "?+0x10 (libc.so.6)");
    CHECK(readable_frame("") == "");
    CHECK(readable_frame("no frame") == "no frame");
}

TEST_CASE("what a process scribbled over its crash note is not believed") {
    alignas(slot_header) std::byte memory[slot::payload_offset + 100]{};
    new (memory) slot_header{};
    const slot scribbled(memory, sizeof memory);
    crash_note& note = scribbled.header().crash;
    note.signal = SIGSEGV;
    note.backtrace_size = std::uint64_t{1} << 60;
    CHECK(take_crash(scribbled, SIGSEGV).backtrace.empty());
    note.backtrace_size = 100;
    std::memset(scribbled.payload(), '+', 100);
    CHECK(take_crash(scribbled, SIGSEGV).signal == SIGSEGV);
    note.signal = SIGBUS;  // of another signal than the one that killed
    CHECK(take_crash(scribbled, SIGSEGV).backtrace.empty());
}
