/// Which text is JSON.
#include <restful_functions/json/parse.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
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
    CHECK_FALSE(json::is_valid("[1e999]"));
    CHECK(json::is_valid("[1e308, -7, 18446744073709551616, 0e-999]"));
    CHECK(refusal(std::string_view("{}\0x", 4)) == "not JSON: a NUL byte at byte 2");
}

TEST_CASE("numbers are read exactly, however many digits they have") {
    const auto value_of = [](const std::string& text) {
        const auto document = json::parse(text);
        REQUIRE_MESSAGE(document, text);
        REQUIRE(document->IsNumber());
        return document->GetDouble();
    };
    const std::string zeros(1000, '0');
    const std::string ones(300, '1');
    CHECK(value_of("0." + zeros + "1") == 0);
    CHECK(value_of("0." + zeros + "1e1000") == 0.1);
    CHECK(value_of("0." + std::string(100'000, '0') + "1e-5") == 0);
    CHECK(value_of("1e-999999999999999999999") == 0);
    CHECK(std::signbit(value_of("-0." + zeros + "1")));
    CHECK(value_of("5e-324") == std::numeric_limits<double>::denorm_min());
    CHECK(value_of("1.7976931348623157e308") == std::numeric_limits<double>::max());
    CHECK(value_of("0.1000000000000000055511151231257827021181583404541015625") == 0.1);
    CHECK(value_of("0." + ones + zeros) == 1.0 / 9);
    CHECK(refusal("[" + ones + "e308]") ==
          "not JSON: number too big to be stored in double at byte 1");
    CHECK(refusal("0." + zeros + "9e1309") ==
          "not JSON: number too big to be stored in double at byte 0");
    CHECK(refusal("1e99999999999").starts_with("not JSON: number too big"));
}

TEST_CASE("integers are integers as far as 64 bits go") {
    CHECK(json::parse("18446744073709551615")->GetUint64() == 18446744073709551615U);
    CHECK(json::parse("-9223372036854775808")->GetInt64() == std::numeric_limits<long>::min());
    CHECK(json::parse("18446744073709551616")->IsDouble());
    CHECK(json::parse("-9223372036854775809")->IsDouble());
    CHECK(json::parse("-0")->IsInt());
    CHECK(json::parse("7")->IsInt());
    CHECK(json::parse("7.0")->IsDouble());
    CHECK(json::parse("7e0")->IsDouble());
}

TEST_CASE("text that is not UTF-8 is not JSON") {
    CHECK(refusal("\"\xff\"").starts_with("not JSON: "));
    CHECK(refusal("\"\xc3\"").starts_with("not JSON: "));
    CHECK(refusal("\"\\ud800\"").starts_with("not JSON: "));
}

TEST_CASE("half of a surrogate pair is no character") {
    const std::string invalid = "not JSON: the surrogate pair in string is invalid at byte ";
    CHECK(refusal(R"("\ud800")") == invalid + "1");
    CHECK(refusal(R"("ab\udc00")") == invalid + "3");
    CHECK(refusal(R"(["\ud83d\ude00", "\ud7ff\ue000", "\uDFFF"])") == invalid + "34");
    CHECK(refusal(R"({"\udc00": 1})") == invalid + "2");
    CHECK(refusal(R"("\ud83dx")") == invalid + "1");
    CHECK(refusal(R"(["\ud83d\ude00", "\ud7ff\ue000", "\u00ed\u00a0", "í\u00a0"])")
              .find("surrogate") == std::string::npos);
    CHECK(refusal(R"(["\ud7ff\u00a0"])") == "");
    CHECK_FALSE(json::is_valid(R"("\udc00")"));
}

TEST_CASE("a number is the double nearest to it") {
    const auto number = [](std::string_view text) {
        const auto document = json::parse(text);
        REQUIRE(document);
        return document->GetDouble();
    };
    for (const char* zero : {"0e-23", "0E-61", "0.0e-23", "0.000e-300", "-0.0e-99", "0e5", "0.0"})
        CHECK(number(zero) == 0);
    CHECK(std::signbit(number("-0.0e-99")));
    CHECK(number("0.1") == 0.1);
    CHECK(number("9007199254740993.0") == 9007199254740992.0);
    CHECK(number("1.7976931348623157e308") == std::numeric_limits<double>::max());
    CHECK(number("-1.7976931348623157E+308") == -std::numeric_limits<double>::max());
    CHECK(number("5e-324") == std::numeric_limits<double>::denorm_min());
    CHECK(number("1e-400") == 0);
    CHECK(number("18446744073709551616") == 18446744073709551616.0);
    CHECK(number("123456789012345678901234567890e-10") == 12345678901234567890.1234567890);
}

TEST_CASE("strings are read whatever they consist of") {
    const auto text_of = [](std::string_view text) {
        const auto document = json::parse(text);
        REQUIRE(document);
        return std::string(document->GetString(), document->GetStringLength());
    };
    CHECK(text_of(R"("")") == "");
    CHECK(text_of("\"größer als 日本 😀\"") == "größer als 日本 😀");
    CHECK(text_of(R"("\"a\\b\/\b\f\n\r\t")") == "\"a\\b/\b\f\n\r\t");
    CHECK(text_of(R"("\u00e4-\ud83d\ude00")") == "ä-😀");
    CHECK(text_of(R"("a\u0000")") == std::string_view("a\0", 2));
    CHECK(text_of(R"("\u0000\"\u0000b")") == std::string_view("\0\"\0b", 4));
    CHECK(text_of("\"" + std::string(100'000, 'a') + R"(\n)" + std::string(100'000, 'b') + "\"") ==
          std::string(100'000, 'a') + "\n" + std::string(100'000, 'b'));
}

TEST_CASE("the names and strings of an object do not depend on each other") {
    const auto document = json::parse(R"({"\n": "plain", "": "", "plain": ["\t", "x", "\t"]})");
    REQUIRE(document);
    CHECK(std::string((*document)["\n"].GetString()) == "plain");
    CHECK(std::string((*document)[""].GetString()) == "");
    CHECK(std::string((*document)["plain"][0].GetString()) == "\t");
    CHECK(std::string((*document)["plain"][1].GetString()) == "x");
    CHECK(std::string((*document)["plain"][2].GetString()) == "\t");
}

TEST_CASE("the byte where a string goes wrong is named") {
    CHECK(refusal("\"ab\xff\"") == "not JSON: invalid encoding in string at byte 3");
    CHECK(refusal("\"ab\ncd\"") == "not JSON: invalid escape character in string at byte 3");
    CHECK(refusal("\"ab") == "not JSON: missing a closing quotation mark in string at byte 3");
    CHECK(refusal(R"("ab\x")") == "not JSON: invalid escape character in string at byte 3");
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
    CHECK(json::is_valid("[\"\\u0000\", \"größer\\n\"]"));
    CHECK_FALSE(json::is_valid("\"\xff\""));
    CHECK_FALSE(json::is_valid(std::string_view("1\0", 2)));
}
