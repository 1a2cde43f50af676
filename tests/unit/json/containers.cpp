/// How containers are read and written.
#include "round_trip.hpp"

#include <doctest/doctest.h>

#include <deque>
#include <list>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

TEST_CASE("a list of any length is a sequence") {
    CHECK(round_trip<std::vector<int>>("[1, 2.0, \"3\"]") == "[1,2,3]");
    CHECK(round_trip<std::vector<bool>>("[true, 0]") == "[true,false]");
    CHECK(round_trip<std::deque<int>>("[]") == "[]");
    CHECK(round_trip<std::list<std::vector<int>>>("[[1], []]") == "[[1],[]]");
}

TEST_CASE("a list is a set, in which an element counts once") {
    CHECK(round_trip<std::set<int>>("[2, 1, 2]") == "[1,2]");
    CHECK(round_trip<std::unordered_set<std::string>>("[\"a\", \"a\"]") == "[\"a\"]");
}

TEST_CASE("an object is a map, in which a name comes once") {
    CHECK(round_trip<std::map<std::string, int>>(R"({"b": 1, "a": 2})") == R"({"a":2,"b":1})");
    CHECK(round_trip<std::unordered_map<std::string, bool>>(R"({"": true})") == R"({"":true})");
    CHECK(round_trip<std::map<std::string, int>>(R"({"a": 1, "a": 1})") ==
          "/a: a is given more than once");
}

TEST_CASE("a refusal points to the culprit (RFC 6901)") {
    CHECK(round_trip<std::vector<int>>("[1, 2.5]") == "/1: 2.5 is not an integer");
    CHECK(round_trip<std::map<std::string, std::vector<int>>>(R"({"a/b~": [[]]})") ==
          "/a~1b~0/0: [] is not an integer");
}

TEST_CASE("another kind of value is no container") {
    CHECK(round_trip<std::vector<int>>("{}") == ": {} is not a list");
    CHECK(round_trip<std::vector<int>>("null") == ": null is not a list");
    CHECK(round_trip<std::map<std::string, int>>("[]") == ": [] is not an object");
}
