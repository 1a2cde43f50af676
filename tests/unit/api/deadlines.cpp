#include <restful_functions/api/deadlines.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <new>
#include <string>

using restful_functions::api::deadlines;
using namespace std::chrono_literals;

namespace {

const deadlines::clock::time_point due{12h};

}  // namespace

TEST_CASE("deadlines are met in the order of their times, when they have come") {
    deadlines all;
    std::string met;
    all.set(due + 2s, [&] { met += 'b'; });
    all.set(due + 3s, [&] { met += 'c'; });
    all.set(due + 1s, [&] { met += 'a'; });
    CHECK(all.next() == due + 1s);
    all.meet(due + 2s);
    CHECK(met == "ab");
    CHECK(all.next() == due + 3s);
    all.meet(due + 3s);
    CHECK(met == "abc");
    CHECK(!all.next());
}

TEST_CASE("a deadline that is cancelled is not met, also when it is cancelled twice or too late") {
    deadlines all;
    int met = 0;
    const auto first = all.set(due, [&] { ++met; });
    const auto second = all.set(due, [&] { ++met; });
    all.cancel(first);
    all.cancel(first);
    all.meet(due);
    all.cancel(second);
    CHECK(met == 1);
    CHECK(all.size() == 0);
}

TEST_CASE("a deadline may cancel another one that has come, and set one for the next time") {
    deadlines all;
    std::string met;
    deadlines::id other;
    all.set(due, [&] {
        met += 'a';
        all.cancel(other);
        all.set(due, [&] { met += 'c'; });
    });
    other = all.set(due, [&] { met += 'b'; });
    all.meet(due);
    CHECK(met == "a");
    all.meet(due);
    CHECK(met == "ac");
}

TEST_CASE("what there is no memory for keeps no other deadline from being met") {
    deadlines all;
    bool is_met = false;
    all.set(due, [] { throw std::bad_alloc(); });
    all.set(due, [&] { is_met = true; });
    all.meet(due);
    CHECK(is_met);
}
