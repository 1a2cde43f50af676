/// How values that may be absent or of several types are read and written.
#include "round_trip.hpp"

#include <doctest/doctest.h>

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace {
struct circle {
    double radius;
};
struct square {
    double side;
};
}  // namespace

TEST_CASE("null is an absent value") {
    CHECK(round_trip<std::optional<int>>("null") == "null");
    CHECK(round_trip<std::optional<int>>("\"3\"") == "3");
    CHECK(round_trip<std::optional<int>>("\"x\"") == ": \"x\" is not an integer");
    CHECK(round_trip<std::vector<std::optional<bool>>>("[null, true]") == "[null,true]");
}

TEST_CASE("an alternative of the value's own kind comes before one that converts it") {
    CHECK(round_trip<std::variant<bool, int>>("1") == "1");
    CHECK(round_trip<std::variant<bool, int>>("true") == "true");
    CHECK(round_trip<std::variant<int, std::string>>("\"1\"") == "\"1\"");
    CHECK(round_trip<std::variant<double, int>>("3") == "3");
    CHECK(round_trip<std::variant<bool, double>>("1") == "1.0");
    CHECK(round_trip<std::variant<int, std::vector<int>>>("[1]") == "[1]");
}

TEST_CASE("otherwise the first alternative that takes the value") {
    CHECK(round_trip<std::variant<int, bool>>("\"yes\"") == "true");
    CHECK(round_trip<std::variant<std::monostate, int>>("null") == "null");
    CHECK(round_trip<std::variant<circle, square>>(R"({"side": 2})") == R"({"side":2.0})");
}

TEST_CASE("a value that no alternative takes is refused for all their reasons") {
    CHECK(round_trip<std::variant<int, bool>>("[]") ==
          ": [] is not an integer; [] is not a truth value");
}
