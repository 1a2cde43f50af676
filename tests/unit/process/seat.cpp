#include <restful_functions/process/seat.hpp>

#include <doctest/doctest.h>

#include <set>

using namespace restful_functions::process;
using namespace std::chrono_literals;

TEST_CASE("all seats are vacant at first, and the first is the first to be taken") {
    seating seats(3);
    CHECK(seats.count(seat_phase::vacant) == 3);
    CHECK(seats.any_vacant() == 0);
}

TEST_CASE("a seat goes from vacant over idle, calling and leaving back to vacant") {
    seating seats(2);
    seats.occupy(0);
    CHECK(seats.count(seat_phase::idle) == 1);
    seats.call(0, call_id{7});
    CHECK(seats.find(call_id{7}, seat_phase::calling) == 0);
    seats.leave(0, {});
    CHECK_FALSE(seats.find(call_id{7}, seat_phase::calling).has_value());
    seats.vacate(0);
    CHECK(seats.count(seat_phase::vacant) == 2);
}

TEST_CASE("each process of a seat has a name of its own") {
    seating seats(2);
    const process_id first = seats.next_process(1);
    CHECK(seats.process(1) == first);
    CHECK(seats.next_process(1) != first);
    CHECK(seats.process(1).slot == first.slot);
}

TEST_CASE("a new call of a seat begins without the old one's history") {
    seating seats(1);
    seats.occupy(0);
    seats.call(0, call_id{1});
    seats[0].stopped = true;
    seats[0].restarts = 2;
    seats.vacate(0);
    seats.occupy(0);
    seats.call(0, call_id{2});
    CHECK_FALSE(seats[0].stopped);
    CHECK(seats[0].restarts == 0);
}

TEST_CASE("each seat is in exactly one list, whatever the order of moves") {
    seating seats(8);
    for (const std::uint32_t index : {3U, 1U, 7U, 0U, 5U}) {
        seats.occupy(index);
    }
    seats.call(7, call_id{1});
    seats.call(3, call_id{2});
    seats.leave(7, {});
    seats.vacate(1);
    std::multiset<std::uint32_t> listed;
    for (const auto phase :
         {seat_phase::vacant, seat_phase::idle, seat_phase::calling, seat_phase::leaving}) {
        for (const std::uint32_t index : seats.in(phase)) {
            CHECK(seats[index].phase == phase);
            listed.insert(index);
        }
    }
    CHECK(listed == std::multiset<std::uint32_t>{0, 1, 2, 3, 4, 5, 6, 7});
    seats.vacate_all();
    CHECK(seats.count(seat_phase::vacant) == 8);
}

TEST_CASE("the next deadline is the earliest of the processes that are leaving") {
    seating seats(3);
    CHECK_FALSE(seats.next_deadline().has_value());
    const seat::clock::time_point start;
    for (const std::uint32_t index : {0U, 1U, 2U}) {
        seats.occupy(index);
        seats.call(index, call_id{index});
        seats.leave(index, start + (index == 1 ? 1s : 2s));
    }
    CHECK(seats.next_deadline() == start + 1s);
}
