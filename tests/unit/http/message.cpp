/// Header fields as a list.
#include <restful_functions/http/message.hpp>

#include <doctest/doctest.h>

#include <string>

namespace http = restful_functions::http;

namespace {

std::string all(const http::fields& list) {
    std::string text;
    for (const auto& [name, value] : list) text += name + "=" + value + ";";
    return text;
}

}  // namespace

TEST_CASE("a field is found whatever the case of its name") {
    http::fields list;
    CHECK(list.empty());
    list.add("Content-Type", "a");
    list.add("content-type", "b");
    REQUIRE(list.find("CONTENT-TYPE") != nullptr);
    CHECK(*list.find("CONTENT-TYPE") == "a");
    CHECK(list.find("Content-Typ") == nullptr);
    CHECK(list.size() == 2);
}

TEST_CASE("set leaves one field of a name, in the place of the first") {
    http::fields list;
    list.add("A", "1");
    list.add("B", "2");
    list.add("a", "3");
    list.set("a", "4");
    list.set("C", "5");
    CHECK(all(list) == "A=4;B=2;C=5;");
}

TEST_CASE("names compare as ASCII") {
    CHECK(http::equal_ignoring_case("aZ-", "Az-"));
    CHECK_FALSE(http::equal_ignoring_case("[", "{"));
    CHECK_FALSE(http::equal_ignoring_case("a", "ab"));
}
