#include <restful_functions/task/record.hpp>

#include <doctest/doctest.h>

#include <chrono>

using namespace std::chrono_literals;
using namespace restful_functions::task;

TEST_CASE("states have their names on the wire") {
    CHECK(to_string(state::running) == "RUNNING");
    CHECK(to_string(state::done) == "DONE");
    CHECK(to_string(state::failed) == "FAILED");
    CHECK(to_string(state::timeout) == "TIMEOUT");
}

TEST_CASE("a new record runs, and its result is null") {
    const record fresh;
    CHECK(fresh.status == state::running);
    CHECK(fresh.result == "null");
}

TEST_CASE("a delay that does not fit lasts until the end of time") {
    const time_point start{1000s};
    CHECK(after(start, 1500ms) == time_point{1001500ms});
    CHECK(after(start, std::chrono::milliseconds::max()) == time_point::max());
    CHECK(after(start, std::chrono::hours(24 * 365 * 400)) == time_point::max());
}
