#include <restful_functions/http/trace_context.hpp>

#include <doctest/doctest.h>

#include <string_view>

namespace http = restful_functions::http;

TEST_SUITE_BEGIN("http/trace_context");

TEST_CASE("a Traceparent has a version, two ids and flags") {
    CHECK(http::is_traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"));
    for (const std::string_view bad : {
             "",
             "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0",
             "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-011",
             "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
             "00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
             "00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
             "00-00000000000000000000000000000000-b7ad6b7169203331-01",
             "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
             "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0\n",
         }) {
        CAPTURE(bad);
        CHECK_FALSE(http::is_traceparent(bad));
    }
}

TEST_SUITE_END();
