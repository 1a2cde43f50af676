#include <restful_functions/task/time.hpp>

#include <doctest/doctest.h>

#include <chrono>

using namespace std::chrono_literals;
using namespace restful_functions::task;

TEST_CASE("a delay that does not fit lasts until the end of time") {
    const time_point start{1000s};
    CHECK(after(start, 1500ms) == time_point{1001500ms});
    CHECK(after(start, std::chrono::milliseconds::max()) == time_point::max());
    CHECK(after(start, std::chrono::hours(24 * 365 * 400)) == time_point::max());
}

TEST_CASE("the time between two moments is told in whole milliseconds") {
    CHECK(between(time_point{1s}, time_point{2500ms}) == 1500ms);
    CHECK(between(time_point{1s}, time_point{1s + 1999us}) == 1ms);
    CHECK(between(time_point{1s}, time_point{1s}) == 0ms);
}

TEST_CASE("both clocks are read at the same moment") {
    const moment now = clock::now();
    CHECK(now.steady <= std::chrono::steady_clock::now());
    CHECK(now.wall <= std::chrono::system_clock::now());
}

TEST_CASE("a time that may not have come is there, or is not, in the size of a time") {
    constexpr optional_time none;
    constexpr optional_time some = wall_time{std::chrono::hours(12)};
    static_assert(!none && some && sizeof some == sizeof(wall_time));
    CHECK(*some == wall_time{std::chrono::hours(12)});
    CHECK(some.value_or(wall_time{}) == *some);
    CHECK(none.value_or(*some) == *some);
    CHECK(none != some);
    CHECK(optional_time(wall_time{}) != none);
}
