#include <restful_functions/task/ending.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <csignal>
#include <string>
#include <utility>
#include <variant>

using namespace std::chrono_literals;
using namespace restful_functions::literals;
using namespace restful_functions::task;
namespace process = restful_functions::process;

namespace {

std::string text(const ending& end) {
    return std::string(to_string(end.status)) + ' ' + std::string(to_string(end.how)) + ' ' +
           std::string(end.result);
}

std::string text(process::outcome how) { return text(judge(std::move(how))); }

}  // namespace

TEST_CASE("a function that returned is done, and its result is kept as it is") {
    CHECK(text(process::returned{"9"}) == "DONE returned 9");
    CHECK(text(process::returned{"{\"a\":[1,2.50,null]}"}) ==
          "DONE returned {\"a\":[1,2.50,null]}");
    CHECK(judge(process::returned{"9"}).particulars == nullptr);
}

TEST_CASE("a result that is not JSON is not passed on") {
    const std::string refused = "FAILED lost \"the task process left a result that is not JSON\"";
    for (const char* bytes : {"", "9 9", "{", "\"\xFF\"", "9\r\nX: y", "nul", "[1,]"}) {
        CHECK(text(process::returned{bytes}) == refused);
    }
    CHECK(text(process::returned{std::string("9\0", 2)}) == refused);
}

TEST_CASE("a result that is nested a million levels deep is judged without recursion") {
    const std::string deep = std::string(1'000'000, '[') + std::string(1'000'000, ']');
    CHECK(judge(process::returned{deep}).status == state::done);
}

TEST_CASE("an exception's message is the result, and its type is kept") {
    CHECK(text(process::threw{"a \"b\"\xFF", "int"}) == "FAILED threw \"a \\\"b\\\"\xEF\xBF\xBD\"");
    const ending end = judge(process::threw{"n must be positive", "std::runtime_error"});
    CHECK(text(end) == "FAILED threw \"n must be positive\"");
    CHECK(std::get<thrown>(end.particulars->cause).type == "std::runtime_error");
}

TEST_CASE("a crash is kept with its address and its backtrace") {
    const ending end = judge(process::crashed{SIGSEGV, 0x8, "f\nmain"});
    CHECK(text(end) == "FAILED crashed \"killed by SIGSEGV (Segmentation fault)\"");
    const auto& crash = std::get<process::crashed>(end.particulars->cause);
    CHECK(crash.signal == SIGSEGV);
    CHECK(crash.address == 0x8);
    CHECK(crash.backtrace == "f\nmain");
}

TEST_CASE("a process that left keeps its exit status") {
    const ending end = judge(process::exited{3});
    CHECK(text(end) == "FAILED exited \"exited with status 3 before returning\"");
    CHECK(std::get<process::exited>(end.particulars->cause).status == 3);
}

TEST_CASE("what a limit ended says so") {
    CHECK(text(process::out_of_memory{256_MiB}) ==
          "FAILED out_of_memory \"out of memory (limit 268435456 bytes)\"");
    CHECK(text(process::cpu_limit{1s}) ==
          "FAILED cpu_limit \"used more than 1 s of processor time\"");
    CHECK(text(process::result_too_large{64}) ==
          "FAILED result_too_large \"the result is larger than 64 bytes\"");
    CHECK(text(process::lost{"the fork server was lost"}) ==
          "FAILED lost \"the fork server was lost\"");
}

TEST_CASE("a terminated task failed, a late one timed out, and both say how long it took") {
    const stop when{wall_time{1h}, 250ms};
    const ending terminated = stopped(stop_reason::terminated, when);
    CHECK(text(terminated) == "FAILED terminated \"Manual Termination\"");
    CHECK(terminated.particulars->stop->requested == wall_time{1h});
    CHECK(terminated.particulars->stop->took == 250ms);
    const ending late = stopped(stop_reason::timed_out, when);
    CHECK(text(late) == "TIMEOUT timed_out \"timeout\"");
    CHECK(late.particulars->stop->took == 250ms);
}
