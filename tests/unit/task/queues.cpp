#include <restful_functions/task/queues.hpp>

#include "numbered.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

using namespace std::chrono_literals;
using namespace restful_functions::task;
using test::numbered;

namespace {

using at_work = std::optional<std::size_t>;

at_work none(std::uint32_t) { return 0; }

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
    CHECK(!all.next(none));
    const auto later = all.join(0, numbered(1), time_point{2s});
    const auto earlier = all.join(1, numbered(2), time_point{1s});
    CHECK(all.next(none) == numbered(2));
    all.leave(earlier);
    CHECK(all.next(none) == numbered(1));
    all.leave(later);
    CHECK(!all.next(none));
}

TEST_CASE("a function that may not run is passed over") {
    queues all;
    all.join(0, numbered(1), time_point{1s});
    all.join(1, numbered(2), time_point{2s});
    CHECK(all.next([](std::uint32_t function) {
        return function == 1 ? at_work(5) : std::nullopt;
    }) == numbered(2));
    CHECK(!all.next([](std::uint32_t) { return at_work(); }));
}

TEST_CASE("the function with the fewest calls at work is next, however long others have waited") {
    queues all;
    all.join(0, numbered(1), time_point{1s});
    all.join(1, numbered(2), time_point{2s});
    CHECK(all.next([](std::uint32_t function) { return at_work(1 - function); }) == numbered(2));
    CHECK(all.next([](std::uint32_t) { return at_work(7); }) == numbered(1));
}

TEST_CASE("what tasks take of the room of all is counted") {
    queues all;
    const auto first = all.join(0, numbered(1), time_point{1s});
    const auto second = all.join(1, numbered(2), time_point{2s}, {1, 20});
    CHECK(all.taken().calls == 1);
    CHECK(all.taken().bytes == 20);
    all.leave(first);
    CHECK(all.taken().calls == 1);
    all.leave(second);
    CHECK(all.taken().calls == 0);
    CHECK(all.taken().bytes == 0);
}
