#include <restful_functions/api/time_limit.hpp>

#include <doctest/doctest.h>

#include <chrono>

using namespace std::chrono_literals;
using restful_functions::api::parse_time_limit;

TEST_CASE("a limit is a decimal number of seconds") {
    CHECK(parse_time_limit("30") == 30s);
    CHECK(parse_time_limit("0.5") == 500ms);
    CHECK(parse_time_limit("1.25") == 1250ms);
    CHECK(parse_time_limit("007.010") == 7010ms);
}

TEST_CASE("a limit is rounded up to milliseconds") {
    CHECK(parse_time_limit("0.0001") == 1ms);
    CHECK(parse_time_limit("1.0010000000000000000000001") == 1002ms);
    CHECK(parse_time_limit("1.0010000000000000000000000") == 1001ms);
}

TEST_CASE("a limit that is longer than any timeout is none") {
    CHECK(parse_time_limit("9223372036854776") == std::chrono::milliseconds::max());
    CHECK(parse_time_limit("99999999999999999999999999") == std::chrono::milliseconds::max());
}

TEST_CASE("what is no number above zero is no limit") {
    for (const char* text : {"", "0", "0.000", "-1", "+1", "1.", ".5", ".", "1,5", "1e3", "0x1",
                             "1s", "inf", "nan", " 1", "1 ", "1.2.3", "1.-2"}) {
        CAPTURE(text);
        CHECK(!parse_time_limit(text));
    }
}
