#include <restful_functions/process/source_line_finder.hpp>

#include "calls.hpp"

#include <atomic>
#include <cstdint>
#include <thread>

using namespace test;

namespace {

std::vector<body> crashing_with_lines() {
    return {
        [](std::string_view) -> std::string {
            write_to(8);
            return "";
        },
        [](std::string_view) -> std::string {
            std::thread([] { write_to(16); }).join();
            return "";
        },
    };
}

bool has_line(const std::string& backtrace) {
    return backtrace.find("source_line_finder.cpp:") != std::string::npos;
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

TEST_SUITE_BEGIN("source_lines" * doctest::skip(!has_addr2line()));

TEST_CASE("the frames of a crash have their lines when its process is gone") {
    calls all(crashing_with_lines());
    const std::string text = all.departure_of(all.start(0)).backtrace;
    CAPTURE(text);
    CHECK(has_line(text));
    CHECK(text.find("run_call") == std::string::npos);
    CHECK(text.find('\t') == std::string::npos);
}

TEST_CASE("a crash that was seen before has its lines without a further process") {
    calls all(crashing_with_lines(), {.max_processes = 8, .warm_processes = 0});
    all.departure_of(all.start(0));
    const auto forks = all->forks();
    CHECK(has_line(all.departure_of(all.start(0)).backtrace));
    CHECK(all->forks() == forks + 1);
}

TEST_CASE("crashes at the same time have their lines each") {
    calls all(crashing_with_lines());
    std::vector<call_id> started;
    for (int i = 0; i < 12; ++i) started.push_back(all.start(i % 2 == 0 ? 0 : 1));
    for (const call_id call : started) CHECK(has_line(all.departure_of(call).backtrace));
}

TEST_CASE("one process is enough for lines, too") {
    calls all(crashing_with_lines(), {.max_processes = 1, .warm_processes = 1});
    CHECK(has_line(all.departure_of(all.start(0)).backtrace));
}

TEST_CASE("a lookup of lines takes no place from a call") {
    slow_tool tool;
    auto bodies = crashing_with_lines();
    bodies.push_back(echo);
    const auto count = static_cast<std::uint32_t>(bodies.size());
    calls all(bodies, {.max_processes = 1, .warm_processes = 1});
    const call_id crash = all.start(0);
    all.end_of(crash);
    CHECK(tool.is_running(all));
    CHECK(all->count().running == 0);
    CHECK(all.result(count - 1, "served") == "served");
    CHECK(all.departure_of(crash).backtrace.find("write_to(unsigned long)+0x") !=
          std::string::npos);
}

TEST_CASE("calls find a process while lines are looked up") {
    slow_tool tool;
    auto bodies = crashing_with_lines();
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

TEST_CASE(
    "the hook of the program runs before its calls, and the lookup is none of its functions") {
    lambdas work({echo});
    program_with_symbolizer both(work);
    CHECK(both.functions() == work.functions());
    CHECK(both.has_hook() == work.has_hook());
    CHECK(both.policy_of(program_with_symbolizer::entry).isolation == isolation::process);
}
