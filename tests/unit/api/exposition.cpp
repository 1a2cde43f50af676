#include <restful_functions/api/exposition.hpp>

#include <doctest/doctest.h>

#include <array>

using restful_functions::api::exposition;
using restful_functions::api::histogram;

TEST_CASE("a family has its help, its type and its samples") {
    exposition text;
    text.family("calls_total", "counter", "Calls.")
        .sample(3, {{"function", "f"}, {"outcome", "threw"}})
        .sample(0.5);
    CHECK(std::move(text).take() ==
          "# HELP restful_functions_calls_total Calls.\n"
          "# TYPE restful_functions_calls_total counter\n"
          "restful_functions_calls_total{function=\"f\",outcome=\"threw\"} 3\n"
          "restful_functions_calls_total 0.5\n");
}

TEST_CASE("the ranges of a histogram are cumulative and end with all values") {
    static constexpr std::array<double, 2> bounds{0.25, 1};
    histogram values(bounds);
    for (const double value : {0.125, 0.5, 7.0}) values.record(value);
    exposition text;
    text.family("d", "histogram", "D.").sample(values, "f");
    CHECK(std::move(text).take() ==
          "# HELP restful_functions_d D.\n"
          "# TYPE restful_functions_d histogram\n"
          "restful_functions_d_bucket{function=\"f\",le=\"0.25\"} 1\n"
          "restful_functions_d_bucket{function=\"f\",le=\"1\"} 2\n"
          "restful_functions_d_bucket{function=\"f\",le=\"+Inf\"} 3\n"
          "restful_functions_d_sum{function=\"f\"} 7.625\n"
          "restful_functions_d_count{function=\"f\"} 3\n");
}
