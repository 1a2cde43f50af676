/// Which text is JSON.
#include <restful_functions/json/parse.hpp>

#include <doctest/doctest.h>

#include <string>

namespace json = restful_functions::json;

namespace {

std::string refusal(std::string_view text) {
    const auto document = json::parse(text);
    return document ? "" : document.why().detail;
}

std::string nested(std::size_t levels) {
    return std::string(levels, '[') + std::string(levels, ']');
}

}  // namespace

TEST_CASE("text is read up to its last byte, which needs no NUL after it") {
    const std::string_view text = "[1, 2]garbage";
    CHECK(refusal(text.substr(0, 6)) == "");
    CHECK(refusal(text) ==
          "not JSON: the document root must not be followed by other values at byte 6");
}

TEST_CASE("what is not JSON is refused with the byte where it goes wrong") {
    CHECK(refusal("") == "not JSON: the document is empty at byte 0");
    CHECK(refusal("{\"x\":1,}") == "not JSON: missing a name for object member at byte 7");
    CHECK(refusal("{'x':1}") == "not JSON: missing a name for object member at byte 1");
    CHECK(refusal("NaN") == "not JSON: invalid value at byte 0");
    CHECK(refusal("1e999") == "not JSON: number too big to be stored in double at byte 0");
    CHECK(refusal(std::string_view("{}\0x", 4)) == "not JSON: a NUL byte at byte 2");
}

TEST_CASE("text that is not UTF-8 is not JSON") {
    CHECK(refusal("\"\xff\"").starts_with("not JSON: "));
    CHECK(refusal("\"\xc3\"").starts_with("not JSON: "));
    CHECK(refusal("\"\\ud800\"").starts_with("not JSON: "));
}

TEST_CASE("512 levels are read, one more is not, and a million do not exhaust the stack") {
    CHECK(refusal(nested(512)) == "");
    CHECK(refusal(nested(513)) == "nested deeper than 512 levels");
    CHECK(refusal(nested(1'000'000)) == "nested deeper than 512 levels");
    CHECK(refusal(std::string(1'000'000, '[')) == "nested deeper than 512 levels");
}

TEST_CASE("siblings are not levels") {
    std::string text = "[";
    for (int i = 0; i < 1000; ++i) text += "[{}],";
    CHECK(refusal(text + "[]]") == "");
}

TEST_CASE("a text can be told to be JSON without reading it into a value, however deep") {
    CHECK(json::is_valid("{\"x\": [1, null]}"));
    CHECK(json::is_valid(nested(100'000)));
    CHECK_FALSE(json::is_valid(""));
    CHECK_FALSE(json::is_valid("{} {}"));
    CHECK_FALSE(json::is_valid("\"\xff\""));
    CHECK_FALSE(json::is_valid(std::string_view("1\0", 2)));
}
