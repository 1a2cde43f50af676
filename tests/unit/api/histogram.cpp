#include <restful_functions/api/histogram.hpp>

#include <doctest/doctest.h>

#include <array>

TEST_CASE("a value is counted in the range that ends with the first bound that is not below it") {
    static constexpr std::array<double, 3> bounds{1, 2.5, 10};
    restful_functions::api::histogram values(bounds);
    for (const double value : {0.0, 1.0, 1.5, 2.5, 9.0, 10.1, 1e9}) values.record(value);
    CHECK(values.in_range(0) == 2);
    CHECK(values.in_range(1) == 2);
    CHECK(values.in_range(2) == 1);
    CHECK(values.in_range(3) == 2);
    CHECK(values.sum() == doctest::Approx(1000000024.1));
}
