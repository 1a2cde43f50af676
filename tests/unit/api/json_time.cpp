#include <restful_functions/api/json_time.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <optional>

using namespace std::chrono_literals;
using restful_functions::task::wall_time;
namespace api = restful_functions::api;

TEST_CASE("durations are seconds without needless digits") {
    CHECK(api::json_seconds(86400s) == "86400");
    CHECK(api::json_seconds(0ms) == "0");
    CHECK(api::json_seconds(1ms) == "0.001");
    CHECK(api::json_seconds(1500ms) == "1.5");
    CHECK(api::json_seconds(10050ms) == "10.05");
    CHECK(api::json_seconds(30us) == "0.00003");
    CHECK(api::json_seconds(2000001us) == "2.000001");
    CHECK(api::json_seconds(std::chrono::milliseconds::max()) == "9223372036854775.807");
}

TEST_CASE("times are in UTC, with milliseconds") {
    CHECK(api::json_time(wall_time{0ms}) == "\"1970-01-01T00:00:00.000Z\"");
    const std::chrono::sys_days leap_day = std::chrono::year(2024) / 2 / 29;
    CHECK(api::json_time(wall_time{leap_day + 23h + 59min + 59s + 42ms}) ==
          "\"2024-02-29T23:59:59.042Z\"");
}

TEST_CASE("what has not happened has no time") {
    CHECK(api::json_time(restful_functions::task::optional_time()) == "null");
}
