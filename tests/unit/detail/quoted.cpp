#include <restful_functions/detail/quoted.hpp>
#include <restful_functions/json/parse.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using restful_functions::detail::quoted;

TEST_CASE("text is quoted and stays as it is where it may") {
    CHECK(quoted("") == "\"\"");
    CHECK(quoted("Over Max Concurrency 2") == "\"Over Max Concurrency 2\"");
    CHECK(quoted("größer als 日本 😀/") == "\"größer als 日本 😀/\"");
}

TEST_CASE("what JSON does not allow in a string is escaped") {
    CHECK(quoted("a\"b\\c") == R"("a\"b\\c")");
    CHECK(quoted("\b\f\n\r\t") == R"("\b\f\n\r\t")");
    CHECK(quoted(std::string_view("\0\x1f\x7f", 3)) == "\"\\u0000\\u001f\x7f\"");
}

TEST_CASE("bytes that are no part of UTF-8 become replacement characters") {
    const std::string replaced = "\xEF\xBF\xBD";
    CHECK(quoted("a\xFFz") == "\"a" + replaced + "z\"");
    CHECK(quoted("\x80") == "\"" + replaced + "\"");
    CHECK(quoted("\xC0\xAF") == "\"" + replaced + replaced + "\"");  // overlong '/'
    CHECK(quoted("\xE0\x80\xAF").size() == 2 + 3 * 3);               // overlong
    CHECK(quoted("\xED\xA0\x80").size() == 2 + 3 * 3);               // surrogate
    CHECK(quoted("\xF4\x90\x80\x80").size() == 2 + 4 * 3);           // above U+10FFFF
    CHECK(quoted("\xF5\x80\x80\x80").size() == 2 + 4 * 3);           // no such byte
    CHECK(quoted("ab\xE2\x82") == "\"ab" + replaced + "\"");         // cut off
    CHECK(quoted("\xF0\x9F\x98") == "\"" + replaced + "\"");         // cut off
    CHECK(quoted("\xE2\x82") == "\"" + replaced + "\"");
}

TEST_CASE("any two bytes give a valid JSON string") {
    for (int first = 0; first < 256; ++first) {
        for (int second = 0; second < 256; ++second) {
            const std::string text{static_cast<char>(first), static_cast<char>(second)};
            REQUIRE(restful_functions::json::is_valid(quoted(text)));
        }
    }
}
