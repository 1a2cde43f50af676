#include "calls.hpp"

#include <atomic>
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

bool has_line(const std::string& backtrace) {
    return backtrace.find("tests/unit/process/crash.cpp:") != std::string::npos;
}

bool has_addr2line() { return std::system("addr2line --version >/dev/null 2>&1") == 0; }

/// Puts a tool in the place of addr2line that says that it runs, and never ends.
class slow_tool {
 public:
    slow_tool() {
        const std::string path = directory_.file("addr2line");
        std::ofstream(path) << "#!/bin/sh\necho runs >" << said_.path() << "\nexec sleep 3600\n";
        ::chmod(path.c_str(), 0700);
        ::setenv("PATH", (directory_.path() + ":" + path_).c_str(), 1);
    }
    ~slow_tool() { ::setenv("PATH", path_.c_str(), 1); }
    slow_tool(const slow_tool&) = delete;
    slow_tool& operator=(const slow_tool&) = delete;

    /// Waits until it runs.
    [[nodiscard]] bool is_running(calls& all) const {
        std::atomic<bool> runs{false};
        std::thread reader([&] { runs = said_.line() == "runs"; });
        all.drive_until([&] { return runs.load(); });
        reader.join();
        return runs;
    }

 private:
    temporary_directory directory_;
    fifo said_;
    std::string path_ = std::getenv("PATH");
};

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

TEST_SUITE_BEGIN("source_lines" * doctest::skip(!has_addr2line()));

TEST_CASE("the frames of a crash have their lines when its process is gone") {
    calls all(crashing());
    const std::string text = all.departure_of(all.start(0)).backtrace;
    CAPTURE(text);
    CHECK(has_line(text));
    CHECK(text.find("run_call") == std::string::npos);
    CHECK(text.find('\t') == std::string::npos);
}

TEST_CASE("a crash that was seen before has its lines without a further process") {
    calls all(crashing(), {.max_processes = 8, .warm_processes = 0});
    all.departure_of(all.start(0));
    const auto forks = all->forks();
    CHECK(has_line(all.departure_of(all.start(0)).backtrace));
    CHECK(all->forks() == forks + 1);
}

TEST_CASE("crashes at the same time have their lines each") {
    calls all(crashing());
    std::vector<call_id> started;
    for (int i = 0; i < 12; ++i) started.push_back(all.start(i % 2 == 0 ? 0 : 4));
    for (const call_id call : started) CHECK(has_line(all.departure_of(call).backtrace));
}

TEST_CASE("one process is enough for lines, too") {
    calls all(crashing(), {.max_processes = 1, .warm_processes = 1});
    CHECK(has_line(all.departure_of(all.start(0)).backtrace));
}

TEST_CASE("a lookup of lines takes no place from a call") {
    slow_tool tool;
    auto bodies = crashing();
    bodies.push_back(echo);
    const auto count = static_cast<std::uint32_t>(bodies.size());
    calls all(bodies, {.max_processes = 1, .warm_processes = 1});
    const call_id crash = all.start(0);
    all.end_of(crash);
    CHECK(tool.is_running(all));
    CHECK(all->count().running == 0);
    CHECK(all.result(count - 1, "served") == "served");
    CHECK(names(all.departure_of(crash).backtrace, "write_to(unsigned long)"));
}

TEST_CASE("calls find a process while lines are looked up") {
    slow_tool tool;
    auto bodies = crashing();
    bodies.push_back(say_and_block);
    const auto block = static_cast<std::uint32_t>(bodies.size() - 1);
    calls all(bodies, {.max_processes = 3, .warm_processes = 1});
    all.end_of(all.start(0));
    REQUIRE(tool.is_running(all));
    const fifo said;
    std::vector<call_id> blocked;
    for (int i = 0; i < 3; ++i) blocked.push_back(all.start(block, said.path()));
    all.drive_until([&] { return all->count().waiting == 0; });
    CHECK_FALSE(all->start(block, said.path()).has_value());
    for (const call_id call : blocked) {
        all->stop(call, std::chrono::milliseconds(0));
        all.end_of(call);
    }
}

TEST_SUITE_END();
