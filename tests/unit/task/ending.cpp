#include <restful_functions/task/ending.hpp>

#include <doctest/doctest.h>

#include <csignal>
#include <string>

using namespace restful_functions::task;
namespace process = restful_functions::process;

namespace {

std::string text(process::outcome how, kill_reason reason = kill_reason::none) {
    const ending end = judge(std::move(how), reason);
    return std::string(to_string(end.status)) + ' ' + end.result;
}

std::string failed(const std::string& why) { return "FAILED \"" + why + '"'; }

}  // namespace

TEST_CASE("a function that returned is done, and its result is kept as it is") {
    CHECK(text(process::returned{"9"}) == "DONE 9");
    CHECK(text(process::returned{"{\"a\":[1,2.50,null]}"}) == "DONE {\"a\":[1,2.50,null]}");
}

TEST_CASE("a result that is not JSON is not passed on") {
    const std::string refused = failed("the task process left a result that is not JSON");
    for (const char* bytes : {"", "9 9", "{", "\"\xFF\"", "9\r\nX: y", "nul", "[1,]"}) {
        CHECK(text(process::returned{bytes}) == refused);
    }
    CHECK(text(process::returned{std::string("9\0", 2)}) == refused);
}

TEST_CASE("a result that is nested a million levels deep is judged without recursion") {
    const std::string deep = std::string(1'000'000, '[') + std::string(1'000'000, ']');
    CHECK(judge(process::returned{deep}, kill_reason::none).status == state::done);
}

TEST_CASE("an exception's message is the result") {
    CHECK(text(process::threw{"n must be positive"}) == failed("n must be positive"));
    CHECK(text(process::threw{"a \"b\"\xFF"}) == failed("a \\\"b\\\"\xEF\xBF\xBD"));
}

TEST_CASE("a process that died leaves the reason as the result") {
    CHECK(text(process::killed{SIGSEGV}) == failed("killed by SIGSEGV (Segmentation fault)"));
    CHECK(text(process::killed{SIGKILL}) == failed("killed by SIGKILL (Killed)"));
    CHECK(text(process::exited{3}) == failed("exited with status 3 before returning"));
    CHECK(text(process::result_too_large{64}) == failed("the result is larger than 64 bytes"));
    CHECK(text(process::lost{"the fork server was lost"}) == failed("the fork server was lost"));
}

TEST_CASE("a terminated task failed, a late one timed out") {
    CHECK(text(process::killed{SIGKILL}, kill_reason::terminated) == failed("Manual Termination"));
    CHECK(text(process::killed{SIGKILL}, kill_reason::timed_out) == "TIMEOUT \"timeout\"");
    CHECK(text(process::lost{"gone"}, kill_reason::timed_out) == "TIMEOUT \"timeout\"");
}

TEST_CASE("a kill that came too late changes nothing") {
    CHECK(text(process::returned{"9"}, kill_reason::terminated) == "DONE 9");
    CHECK(text(process::returned{"9"}, kill_reason::timed_out) == "DONE 9");
    CHECK(text(process::threw{"why"}, kill_reason::terminated) == failed("why"));
    CHECK(text(process::killed{SIGABRT}, kill_reason::terminated) ==
          failed("killed by SIGABRT (Aborted)"));
}
