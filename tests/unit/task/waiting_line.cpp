#include <restful_functions/task/waiting_line.hpp>

#include "numbered.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <vector>

using namespace restful_functions::task;
using test::numbered;

namespace {

waiting_line::entry entry_of(int n) { return {numbered(n), {}}; }

}  // namespace

TEST_CASE("who came first is served first") {
    waiting_line line;
    CHECK(line.empty());
    std::vector<waiting_line::ticket> tickets;
    for (std::uint8_t n = 0; n < 100; ++n) tickets.push_back(line.join(entry_of(n)));
    for (std::uint8_t n = 0; n < 100; ++n) {
        CHECK(line.size() == 100U - n);
        CHECK(line.front().id == numbered(n));
        CHECK(line.position(tickets[n]) == 1);
        CHECK(line.position(tickets.back()) == 100U - n);
        line.leave(tickets[n]);
    }
    CHECK(line.empty());
}

TEST_CASE("whoever stands behind one who leaves moves up, and nobody else does") {
    waiting_line line;
    const auto first = line.join(entry_of(1));
    const auto second = line.join(entry_of(2));
    const auto third = line.join(entry_of(3));
    line.leave(second);
    CHECK(line.position(first) == 1);
    CHECK(line.position(third) == 2);
    CHECK(line.position(line.join(entry_of(4))) == 3);
    line.leave(first);
    CHECK(line.front().id == numbered(3));
    CHECK(line.position(third) == 1);
}

TEST_CASE("a line that all have left, in any order, begins anew") {
    waiting_line line;
    const auto first = line.join(entry_of(1));
    const auto second = line.join(entry_of(2));
    line.leave(second);
    line.leave(first);
    CHECK(line.empty());
    CHECK(line.position(line.join(entry_of(3))) == 1);
}

TEST_CASE("positions are right whoever leaves") {
    waiting_line line;
    std::vector<waiting_line::ticket> waiting;
    unsigned random = 1;
    for (int step = 0; step < 2000; ++step) {
        random = random * 1103515245 + 12345;
        const std::size_t pick = (random >> 16) % 40;
        if (pick < waiting.size()) {
            line.leave(waiting[pick]);
            waiting.erase(waiting.begin() + static_cast<std::ptrdiff_t>(pick));
        } else {
            waiting.push_back(line.join(entry_of(0)));
        }
        REQUIRE(line.size() == waiting.size());
        for (std::size_t i = 0; i < waiting.size(); ++i) {
            REQUIRE(line.position(waiting[i]) == i + 1);
        }
    }
}
