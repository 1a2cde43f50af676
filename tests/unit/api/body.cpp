#include <restful_functions/api/body.hpp>

#include <doctest/doctest.h>

using namespace restful_functions::api;

TEST_CASE("objects and arrays are spaced as Python spaces them") {
    CHECK(json_text::object().end() == "{}");
    CHECK(json_text::array().end() == "[]");
    CHECK(json_text::object().add("a", "1").end() == "{\"a\": 1}");
    CHECK(json_text::object().add("a", "1").add("b\"", "[]").end() == "{\"a\": 1, \"b\\\"\": []}");
    CHECK(json_text::array().add("1").add("{}").add("\"\"").end() == "[1, {}, \"\"]");
}

TEST_CASE("responses say what their body is") {
    const auto json = json_response(429, "{}");
    CHECK(json.status == 429);
    CHECK(*json.headers.find("Content-Type") == "application/json");
    CHECK(json.body == "{}");

    const auto text = text_response("größe");
    CHECK(text.status == 200);
    CHECK(*text.headers.find("Content-Type") == "text/plain; charset=utf-8");
    CHECK(text.body == "größe");
}
