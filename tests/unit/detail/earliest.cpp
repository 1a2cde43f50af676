#include <restful_functions/detail/earliest.hpp>

#include <doctest/doctest.h>

#include <optional>

using restful_functions::detail::earliest;

TEST_CASE("the earliest is the least of those that are there") {
    const std::optional<int> never;
    CHECK(earliest({std::optional(2), never, std::optional(1), std::optional(3)}) == 1);
    CHECK(earliest({never, std::optional(2)}) == 2);
    CHECK_FALSE(earliest({never, never}));
}
