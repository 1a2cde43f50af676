#include <restful_functions/api/deadlines.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <new>
#include <string>

using restful_functions::api::deadlines;
using namespace std::chrono_literals;

namespace {

const deadlines::clock::time_point noon{12h};

}  // namespace

TEST_CASE("deadlines are met in the order of their times, when they have come") {
    deadlines all;
    std::string met;
    all.set(noon + 2s, [&] { met += 'b'; });
    all.set(noon + 3s, [&] { met += 'c'; });
    all.set(noon + 1s, [&] { met += 'a'; });
    CHECK(all.next() == noon + 1s);
    all.meet(noon + 2s);
    CHECK(met == "ab");
    CHECK(all.next() == noon + 3s);
    all.meet(noon + 3s);
    CHECK(met == "abc");
    CHECK(!all.next());
}

TEST_CASE("a deadline that is cancelled is not met, also when it is cancelled twice or too late") {
    deadlines all;
    int met = 0;
    const auto first = all.set(noon, [&] { ++met; });
    const auto second = all.set(noon, [&] { ++met; });
    all.cancel(first);
    all.cancel(first);
    all.meet(noon);
    all.cancel(second);
    CHECK(met == 1);
    CHECK(all.size() == 0);
}

TEST_CASE("a deadline may cancel another one that has come, and set one for the next time") {
    deadlines all;
    std::string met;
    deadlines::id other;
    all.set(noon, [&] {
        met += 'a';
        all.cancel(other);
        all.set(noon, [&] { met += 'c'; });
    });
    other = all.set(noon, [&] { met += 'b'; });
    all.meet(noon);
    CHECK(met == "a");
    all.meet(noon);
    CHECK(met == "ac");
}

TEST_CASE("what there is no memory for keeps no other deadline from being met") {
    deadlines all;
    bool is_met = false;
    all.set(noon, [] { throw std::bad_alloc(); });
    all.set(noon, [&] { is_met = true; });
    all.meet(noon);
    CHECK(is_met);
}
