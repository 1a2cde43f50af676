/// What is written of strings.
#include <restful_functions/json/output.hpp>
#include <restful_functions/json/writer.hpp>

#include <doctest/doctest.h>

#include <array>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace json = restful_functions::json;

namespace {

std::string written(std::string_view text) {
    json::string_output out;
    json::writer(out).String(text);
    return std::move(out).take();
}

}  // namespace

TEST_CASE("a string is written with its quotes, and escaped where it must be") {
    CHECK(written("") == R"("")");
    CHECK(written("größer als 日本 😀/\x7f") == "\"größer als 日本 😀/\x7f\"");
    CHECK(written("\"a\\b\b\f\n\r\t") == R"("\"a\\b\b\f\n\r\t")");
    CHECK(written(std::string_view("\0a\x1f", 3)) == R"("\u0000a\u001f")");
}

TEST_CASE("names are separated from values, and members from each other") {
    json::string_output out;
    json::writer writer(out);
    writer.StartObject();
    writer.Key("a");
    writer.String("1");
    writer.Key("b\n");
    writer.String("2");
    writer.EndObject();
    CHECK(out.text() == R"({"a":"1","b\n":"2"})");
}

TEST_CASE("a string that is not UTF-8 is not written, also if it is only cut off") {
    CHECK_THROWS_AS(written("a\xff"), std::invalid_argument);
    CHECK_THROWS_AS(written("\xed\xa0\x80"), std::invalid_argument);
    CHECK_THROWS_AS(written(std::string_view("€").substr(0, 2)), std::invalid_argument);
}

TEST_CASE("a string that does not fit is cut, and told") {
    std::array<char, 6> memory{};
    json::bounded_output out(memory.data(), memory.size());
    json::writer(out).String("longer than that");
    CHECK(out.overflow());
    CHECK(out.text() == "\"longe");
}
