/// How durations are read and written.
#include "round_trip.hpp"

#include <doctest/doctest.h>

#include <chrono>

using namespace std::chrono_literals;

TEST_CASE("a duration is a number of seconds, whatever its unit is") {
    CHECK(encoded(90s) == "90");
    CHECK(encoded(2min) == "120");
    CHECK(encoded(1500ms) == "1.5");
    CHECK(encoded(std::chrono::duration<double>(0.25)) == "0.25");
    CHECK(round_trip<std::chrono::minutes>("120") == "120");
    CHECK(round_trip<std::chrono::milliseconds>("0.3") == "0.3");
    CHECK(round_trip<std::chrono::microseconds>("\"1.000001\"") == "1.000001");
    CHECK(round_trip<std::chrono::nanoseconds>("1700000000") == "1700000000.0");
    CHECK(round_trip<std::chrono::seconds>("-1") == "-1");
    CHECK(round_trip<std::chrono::hours>("-3600") == "-3600");
    CHECK(round_trip<std::chrono::hours>("18446744073709551616") == "1.8446744073709552e+19");
}

TEST_CASE("a number of seconds that the unit cannot hold exactly is refused") {
    CHECK(round_trip<std::chrono::minutes>("90") == ": 90 is not a whole number of units of 60 s");
    CHECK(round_trip<std::chrono::milliseconds>("0.0001") ==
          ": 0.0001 is not a whole number of units of 1/1000 s");
    CHECK(round_trip<std::chrono::nanoseconds>("1e10") ==
          ": 10000000000.0 is not a whole number of units of 1/1000000000 s");
    CHECK(round_trip<std::chrono::seconds>("\"soon\"") == ": \"soon\" is not a number");
    CHECK(round_trip<std::chrono::duration<double, std::milli>>("1e306") ==
          ": 1e+306 is too large for a duration");
    CHECK(round_trip<std::chrono::duration<float>>("-1e39") ==
          ": -1e+39 is too large for a duration");
}
