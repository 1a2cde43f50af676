#include <restful_functions/process/outcome.hpp>

#include <doctest/doctest.h>

using namespace restful_functions::process;

TEST_CASE("a signal is named as the manual names it") {
    CHECK(signal_name(SIGSEGV) == "SIGSEGV (Segmentation fault)");
    CHECK(signal_name(SIGABRT) == "SIGABRT (Aborted)");
    CHECK(signal_name(SIGXCPU) == "SIGXCPU (CPU time limit exceeded)");
    CHECK(signal_name(SIGRTMIN) == "signal 34");
    CHECK(signal_name(1000) == "signal 1000");
}

TEST_CASE("each outcome has its sentence") {
    CHECK(describe(returned{"1"}) == "returned");
    CHECK(describe(threw{"no such file", "std::runtime_error"}) == "no such file");
    CHECK(describe(crashed{SIGBUS, 0x8, {}}) == "killed by SIGBUS (Bus error)");
    CHECK(describe(exited{3}) == "exited with status 3 before returning");
    CHECK(describe(out_of_memory{restful_functions::bytes{1000}}) ==
          "out of memory (limit 1000 bytes)");
    CHECK(describe(out_of_memory{}) == "out of memory");
    CHECK(describe(cpu_limit{std::chrono::seconds(1)}) == "used more than 1 s of processor time");
    CHECK(describe(cpu_limit{std::chrono::milliseconds(2050)}) ==
          "used more than 2.05 s of processor time");
    CHECK(describe(result_too_large{1000}) == "the result is larger than 1000 bytes");
    CHECK(describe(lost{"no process"}) == "no process");
}

TEST_CASE("a wait status tells a signal from an exit") {
    CHECK(describe(outcome_of_wait_status(SIGKILL)) == "killed by SIGKILL (Killed)");
    CHECK(describe(outcome_of_wait_status(SIGSEGV | 0x80)) ==
          "killed by SIGSEGV (Segmentation fault)");
    CHECK(describe(outcome_of_wait_status(3 << 8)) == "exited with status 3 before returning");
}
