/// How numbers, truth values and text are read and written.
#include "round_trip.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

TEST_CASE("an integer of any width keeps its edges") {
    CHECK(round_trip<std::int8_t>("-128") == "-128");
    CHECK(round_trip<std::uint8_t>("255") == "255");
    CHECK(round_trip<short>("32767") == "32767");
    CHECK(round_trip<unsigned>("4294967295") == "4294967295");
    CHECK(round_trip<long long>("-9223372036854775808") == "-9223372036854775808");
    CHECK(round_trip<std::int64_t>("9223372036854775807") == "9223372036854775807");
    CHECK(round_trip<std::uint64_t>("18446744073709551615") == "18446744073709551615");
    CHECK(round_trip<int>("-0") == "0");
}

TEST_CASE("an integer out of range is refused, never wrapped") {
    CHECK(round_trip<std::int8_t>("128") == ": 128 is not between -128 and 127");
    CHECK(round_trip<std::uint8_t>("-1") == ": -1 is not between 0 and 255");
    CHECK(round_trip<int>("2147483648") ==
          ": 2147483648 is not between -2147483648 and 2147483647");
    CHECK(round_trip<std::int64_t>("18446744073709551615") ==
          ": 18446744073709551615 is not between -9223372036854775808 and 9223372036854775807");
    CHECK(round_trip<std::uint64_t>("-1") == ": -1 is not between 0 and 18446744073709551615");
    CHECK(round_trip<std::int8_t>("\"128\"") == ": \"128\" is not between -128 and 127");
    CHECK(round_trip<int>("1e300") ==
          ": 1e+300 is not an exact integer between -2147483648 and 2147483647");
}

TEST_CASE("an integer that was read as a double is not mistaken for its neighbour") {
    CHECK(round_trip<std::int64_t>("-9223372036854775809") ==
          ": -9.223372036854776e+18 is not an exact integer between -9223372036854775808 and "
          "9223372036854775807");
    CHECK(round_trip<std::uint64_t>("18446744073709551616") ==
          ": 1.8446744073709552e+19 is not an exact integer between 0 and 18446744073709551615");
    CHECK(round_trip<std::int64_t>("9007199254740993.0") ==
          ": 9007199254740992.0 is not an exact integer between -9223372036854775808 and "
          "9223372036854775807");
    CHECK(round_trip<std::int64_t>("9007199254740991.0") == "9007199254740991");
    CHECK(round_trip<std::int64_t>("9007199254740993") == "9007199254740993");
}

TEST_CASE("a number with a fraction of zero and a string of digits are integers, too") {
    CHECK(round_trip<int>("3.0") == "3");
    CHECK(round_trip<int>("1e3") == "1000");
    CHECK(round_trip<int>("-0.0") == "0");
    CHECK(round_trip<int>("\"-3\"") == "-3");
}

TEST_CASE("what would lose something is no integer") {
    CHECK(round_trip<int>("1.5") == ": 1.5 is not an integer");
    CHECK(round_trip<int>("\"1.5\"") == ": \"1.5\" is not an integer");
    CHECK(round_trip<int>("\"3x\"") == ": \"3x\" is not an integer");
    CHECK(round_trip<int>("\" 3\"") == ": \" 3\" is not an integer");
    CHECK(round_trip<int>("\"\"") == ": \"\" is not an integer");
    CHECK(round_trip<int>("true") == ": true is not an integer");
    CHECK(round_trip<int>("null") == ": null is not an integer");
    CHECK(round_trip<int>("[1]") == ": [1] is not an integer");
}

TEST_CASE("a floating-point number is written with the fewest digits that read back as it") {
    CHECK(round_trip<double>("0.1") == "0.1");
    CHECK(round_trip<float>("0.1") == "0.1");
    CHECK(round_trip<double>("3") == "3.0");
    CHECK(round_trip<double>("-0.0") == "-0.0");
    CHECK(round_trip<double>("100000") == "100000.0");
    CHECK(round_trip<double>("1e16") == "1e+16");
    CHECK(round_trip<double>("5e-324") == "5e-324");
    CHECK(round_trip<double>("1.7976931348623157e308") == "1.7976931348623157e+308");
    CHECK(round_trip<long double>("0.1") == "0.1");
    CHECK(round_trip<double>("\"-1.5e3\"") == "-1500.0");
}

TEST_CASE("a floating-point number beyond the type's range is refused") {
    CHECK(round_trip<float>("1e300") == ": 1e+300 is too large for a float");
    CHECK(round_trip<float>("3.4028234663852886e38") == "3.4028235e+38");
    CHECK(round_trip<float>("3.4028235e+38") == "3.4028235e+38");
    CHECK(round_trip<float>("-3.4028235e+38") == "-3.4028235e+38");
    CHECK(round_trip<float>("3.4028236e+38") == ": 3.4028236e+38 is too large for a float");
    CHECK(round_trip<double>("1.7976931348623157e+308") == "1.7976931348623157e+308");
    CHECK(round_trip<double>("\"1e999\"") == ": \"1e999\" is not a number");
}

TEST_CASE("infinities and NaN are no arguments, and null as results") {
    CHECK(round_trip<double>("\"inf\"") == ": \"inf\" is not a number");
    CHECK(round_trip<double>("\"nan\"") == ": \"nan\" is not a number");
    CHECK(encoded(std::numeric_limits<double>::infinity()) == "null");
    CHECK(encoded(std::numeric_limits<float>::quiet_NaN()) == "null");
}

TEST_CASE("truth is true and false, 1 and 0, and the usual words") {
    for (const char* yes :
         {"true", "1", "1.0", "\"true\"", "\"T\"", "\"Yes\"", "\"y\"", "\"ON\"", "\"1\""}) {
        CAPTURE(yes);
        CHECK(round_trip<bool>(yes) == "true");
    }
    for (const char* no :
         {"false", "0", "-0.0", "\"False\"", "\"f\"", "\"no\"", "\"N\"", "\"off\"", "\"0\""}) {
        CAPTURE(no);
        CHECK(round_trip<bool>(no) == "false");
    }
    CHECK(round_trip<bool>("2") == ": 2 is not a truth value");
    CHECK(round_trip<bool>("\"maybe\"") == ": \"maybe\" is not a truth value");
    CHECK(round_trip<bool>("null") == ": null is not a truth value");
}

TEST_CASE("text is a string, and a number or truth value as JSON writes it") {
    CHECK(round_trip<std::string>(R"("a\u0000\n\"ä")") == R"("a\u0000\n\"ä")");
    CHECK(round_trip<std::string>("12") == "\"12\"");
    CHECK(round_trip<std::string>("1.5") == "\"1.5\"");
    CHECK(round_trip<std::string>("true") == "\"true\"");
    CHECK(round_trip<std::string>("18446744073709551615") == "\"18446744073709551615\"");
    CHECK(round_trip<std::string>("0.1234567890123450") == "\"0.123456789012345\"");
    CHECK(round_trip<std::string>("null") == ": null is not a string");
    CHECK(round_trip<std::string>("[]") == ": [] is not a string");
}

TEST_CASE("a double with more digits than doubles keep is no text") {
    for (const auto& [sent, shown] : std::vector<std::pair<const char*, const char*>>{
             {"12345678901234567890123", "1.2345678901234568e+22"},
             {"18446744073709551616", "1.8446744073709552e+19"},
             {"100000000000000000000001", "1.0000000000000001e+23"},
             {"0.12345678901234567", "0.12345678901234566"},
             {"-3.1415926535897932", "-3.141592653589793"}}) {
        CHECK(round_trip<std::string>(sent) ==
              ": " + std::string(shown) +
                  " is not a string, and may have lost digits as a number: put it in quotes");
    }
}

TEST_CASE("a char is a string of one byte") {
    CHECK(round_trip<char>("\"a\"") == "\"a\"");
    CHECK(round_trip<char>("\"ab\"") == ": \"ab\" is not a string of one ASCII character");
    CHECK(round_trip<char>("97") == ": 97 is not a string of one ASCII character");
}

TEST_CASE("views of text are results only") {
    CHECK(encoded<std::string_view>("view") == "\"view\"");
    CHECK(encoded<const char*>("literal") == "\"literal\"");
    CHECK(encoded<const char*>(nullptr) == "null");
    CHECK_FALSE(restful_functions::json::decodable<std::string_view>);
    CHECK_FALSE(restful_functions::json::decodable<const char*>);
}

TEST_CASE("text that is not UTF-8 cannot be a result") {
    CHECK_THROWS_WITH_AS(encoded(std::string("\xff")),
                         "a string that is not UTF-8 cannot be written as JSON",
                         std::invalid_argument);
}

TEST_CASE("std::monostate is null") {
    CHECK(round_trip<std::monostate>("null") == "null");
    CHECK(round_trip<std::monostate>("0") == ": 0 is not null");
}
