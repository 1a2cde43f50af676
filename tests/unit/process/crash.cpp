#include "calls.hpp"

#include <csignal>
#include <cstddef>
#include <new>
#include <stdexcept>
#include <thread>

using namespace test;

namespace {

[[gnu::noinline]] std::string call_nothing(std::string_view) {
    void (*volatile nothing)() = nullptr;
    nothing();
    return "";
}

volatile int never_reached = -1;

// Static: dladdr(3) would not know it.
// NOLINTNEXTLINE(misc-no-recursion): that is the point
[[gnu::noinline]] static int descend_for_ever(int depth) {
    volatile char frame[4096];
    frame[0] = static_cast<char>(depth);
    return depth == never_reached ? 0 : descend_for_ever(depth + 1) + frame[0];
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

/// Whether a frame is in this function, as in "f(int)+0x1f", or in an optimiser's copy of it, as in
/// "f(int) [clone .constprop.0]+0x1f".
bool names(const std::string& backtrace, const std::string& function) {
    std::size_t at = backtrace.find(function);
    if (at == std::string::npos) return false;
    at += function.size();
    while (backtrace.compare(at, 8, " [clone ") == 0) at = backtrace.find(']', at) + 1;
    return backtrace.compare(at, 3, "+0x") == 0;
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
    CHECK(names(crash.backtrace, "write_to(unsigned long)"));
    CHECK(crash.backtrace.find("write_to") < crash.backtrace.find('\n'));  // innermost first
    CHECK(crash.backtrace.find("live_as_child") == std::string::npos);     // not ours
}

TEST_CASE("endless recursion is reported as well, on a stack that is full") {
    calls all(crashing());
    const crashed crash = crash_of(all.run(1));
    CHECK(crash.signal == SIGSEGV);
    CHECK(crash.address.has_value());
    CHECK(names(crash.backtrace, "descend_for_ever(int)"));
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
    CHECK(names(crash.backtrace, "write_to(unsigned long)"));
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

TEST_CASE("a call of a null pointer tells who called") {
    calls all({call_nothing});
    const crashed crash = crash_of(all.run(0));
    CHECK(crash.address == 0);
    CHECK(crash.backtrace.find("0x0\n") == 0);
    CHECK(crash.backtrace.find("call_nothing") != std::string::npos);
}

TEST_CASE("a crash of one thread while another returns is a crash or a result, never a mixture") {
    calls all({[](std::string_view input) {
        std::thread([] { write_to(16); }).detach();
        for (int spins = std::stoi(std::string(input)); spins > 0; --spins) {
            asm volatile("");
        }
        return std::string(1000, 'r');
    }});
    for (int i = 0; i < 200; ++i) {
        const outcome end = all.run(0, std::to_string(i * 2000));
        if (const auto* result = std::get_if<returned>(&end)) {
            CHECK(result->bytes == std::string(1000, 'r'));
        } else {
            CHECK(crash_of(end).signal == SIGSEGV);
        }
    }
}

TEST_CASE("a crash before the call was taken leaves the call to the next process") {
    calls all({echo}, {.max_processes = 8, .warm_processes = 1});
    all.settle();
    const watched_process parked(children_of(all->fork_server_pid()).at(0));
    parked.send(SIGSTOP);
    parked.wait_until_stopped();
    const call_id call = all.start(0, "PRECIOUS INPUT");
    parked.send(SIGABRT);
    parked.send(SIGCONT);
    CHECK(std::get<returned>(all.end_of(call)).bytes == "PRECIOUS INPUT");
}

TEST_CASE("a crash that holds the loader's lock is told all the same") {
    calls all({[](std::string_view) -> std::string {
        ::dl_iterate_phdr(
            [](dl_phdr_info*, std::size_t, void*) {
                std::thread([] { write_to(8); }).join();
                return 0;
            },
            nullptr);
        return "";
    }});
    const crashed crash = crash_of(all.run(0));
    CHECK(crash.signal == SIGSEGV);
    CHECK(crash.address == 8);
}

TEST_CASE("what a process scribbled over its crash note is not believed") {
    alignas(slot_header) std::byte memory[slot::payload_offset + 100]{};
    new (memory) slot_header{};
    const slot scribbled(memory, sizeof memory);
    scribbled.header().state = slot_state::crashed;
    crash_note& note = scribbled.header().crash;
    const report exit{.what = report::kind::exited, .value = SIGSEGV};
    const auto seen = [&] { return crash_of(end_of_process(scribbled, exit, {})); };
    note.signal = SIGBUS;
    note.backtrace_size = 100;
    CHECK(seen().signal == SIGBUS);
    CHECK(seen().backtrace.size() == 100);
    note.backtrace_size = 101;
    CHECK(seen().backtrace.empty());
    note.backtrace_size = 1;
    note.backtrace_begin = ~std::uint64_t{0};
    CHECK(seen().backtrace.empty());
    note.signal = 1'000'000;
    CHECK(seen().signal == SIGSEGV);
}
