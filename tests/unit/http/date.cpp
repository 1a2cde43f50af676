/// Dates in header fields.
#include <restful_functions/http/date.hpp>

#include <doctest/doctest.h>

#include <string>

namespace http = restful_functions::http;

TEST_CASE("a date has the fixed form of RFC 9110, 5.6.7") {
    CHECK(http::date(784111777).text() == "Sun, 06 Nov 1994 08:49:37 GMT");
    CHECK(http::date(0).text() == "Thu, 01 Jan 1970 00:00:00 GMT");
    CHECK(http::date(951782400).text() == "Tue, 29 Feb 2000 00:00:00 GMT");
}

TEST_CASE("the current date is the date of now") {
    const std::time_t before = std::time(nullptr);
    const std::string text(http::current_date());
    const std::time_t after = std::time(nullptr);
    bool is_now = false;
    for (std::time_t now = before; now <= after; ++now) is_now |= http::date(now).text() == text;
    CHECK(is_now);
}
