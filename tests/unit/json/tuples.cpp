/// How lists of one length are read and written.
#include "round_trip.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <tuple>
#include <utility>

TEST_CASE("pairs, tuples and arrays are lists") {
    CHECK(round_trip<std::pair<int, std::string>>("[1, 2]") == "[1,\"2\"]");
    CHECK(round_trip<std::tuple<int, bool, double>>("[1, 1, 1]") == "[1,true,1.0]");
    CHECK(round_trip<std::tuple<>>("[]") == "[]");
    CHECK(round_trip<std::array<int, 3>>("[1, 2, 3]") == "[1,2,3]");
    CHECK(round_trip<std::array<int, 0>>("[]") == "[]");
}

TEST_CASE("a list of another length is refused") {
    CHECK(round_trip<std::pair<int, int>>("[1]") == ": [1] is not a list of length 2");
    CHECK(round_trip<std::tuple<int>>("[1, 2]") == ": [1,2] is not a list of length 1");
    CHECK(round_trip<std::array<int, 3>>("[1, 2]") == ": [1,2] is not a list of length 3");
    CHECK(round_trip<std::array<int, 3>>("{}") == ": {} is not a list of length 3");
}

TEST_CASE("the first bad element is the one that is named") {
    CHECK(round_trip<std::tuple<int, int, int>>("[1, \"b\", \"c\"]") ==
          "/1: \"b\" is not an integer");
    CHECK(round_trip<std::array<int, 2>>("[1, null]") == "/1: null is not an integer");
}
