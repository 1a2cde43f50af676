#include <restful_functions/task/queues.hpp>

#include "numbered.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>

using namespace std::chrono_literals;
using namespace restful_functions::task;
using test::numbered;

namespace {

bool any(std::uint32_t) { return true; }

}  // namespace

TEST_CASE("each function has a line of its own") {
    queues all;
    all.join(7, numbered(1), time_point{1s});
    const auto other = all.join(3, numbered(2), time_point{2s});
    CHECK(all.size(7) == 1);
    CHECK(all.size(3) == 1);
    CHECK(all.size(0) == 0);
    CHECK(all.position(other) == 1);
    all.leave(other);
    CHECK(all.size(3) == 0);
}

TEST_CASE("of several functions the task that has waited longest is next") {
    queues all;
    CHECK(!all.next(any));
    const auto later = all.join(0, numbered(1), time_point{2s});
    const auto earlier = all.join(1, numbered(2), time_point{1s});
    CHECK(all.next(any) == numbered(2));
    all.leave(earlier);
    CHECK(all.next(any) == numbered(1));
    all.leave(later);
    CHECK(!all.next(any));
}

TEST_CASE("a function that may not run is passed over") {
    queues all;
    all.join(0, numbered(1), time_point{1s});
    all.join(1, numbered(2), time_point{2s});
    CHECK(all.next([](std::uint32_t function) { return function == 1; }) == numbered(2));
    CHECK(!all.next([](std::uint32_t function) { return function > 1; }));
}
