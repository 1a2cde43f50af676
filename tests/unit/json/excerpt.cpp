/// How a client's value is quoted in a message.
#include <restful_functions/json/excerpt.hpp>

#include <doctest/doctest.h>

#include <string>

namespace json = restful_functions::json;

TEST_CASE("a short text is quoted whole, a long one is cut at 100 bytes") {
    CHECK(json::excerpt("abc") == "abc");
    CHECK(json::excerpt(std::string(100, 'a')) == std::string(100, 'a'));
    CHECK(json::excerpt(std::string(101, 'a')) == std::string(100, 'a') + "...");
}

TEST_CASE("a text is cut between two characters") {
    const std::string text = std::string(99, 'a') + "ä" + "b";
    CHECK(json::excerpt(text) == std::string(99, 'a') + "...");
}

TEST_CASE("a value is quoted as compact JSON") {
    const auto value = json::parse(R"({"a": [1, "b"]})");
    CHECK(json::excerpt(*value) == R"({"a":[1,"b"]})");
    const auto longer = json::parse("\"" + std::string(200, 'a') + "\"");
    CHECK(json::excerpt(*longer) == "\"" + std::string(99, 'a') + "...");
}
