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
    CHECK(describe(threw{"no such file"}) == "no such file");
    CHECK(describe(killed{SIGBUS}) == "killed by SIGBUS (Bus error)");
    CHECK(describe(exited{3}) == "exited with status 3 before returning");
    CHECK(describe(result_too_large{1000}) == "the result is larger than 1000 bytes");
    CHECK(describe(lost{"no process"}) == "no process");
}

TEST_CASE("a wait status tells a signal from an exit") {
    CHECK(describe(outcome_of_wait_status(SIGKILL)) == "killed by SIGKILL (Killed)");
    CHECK(describe(outcome_of_wait_status(SIGSEGV | 0x80)) ==
          "killed by SIGSEGV (Segmentation fault)");
    CHECK(describe(outcome_of_wait_status(3 << 8)) == "exited with status 3 before returning");
}
