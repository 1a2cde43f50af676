/// How raw JSON is read and written.
#include "round_trip.hpp"

#include <doctest/doctest.h>

#include <string>

TEST_CASE("raw JSON stays what it is") {
    CHECK(round_trip<rapidjson::Document>(R"({"b": [1, 2.5, null], "a": "ä"})") ==
          R"({"b":[1,2.5,null],"a":"ä"})");
    CHECK(round_trip<rapidjson::Document>("3") == "3");
}

TEST_CASE("raw JSON of the greatest depth is copied and written") {
    const std::string deepest = std::string(512, '[') + std::string(512, ']');
    CHECK(round_trip<rapidjson::Document>(deepest) == deepest);
}
