#include <restful_functions/process/new_run.hpp>

#include <doctest/doctest.h>

using restful_functions::process::detail::difference;

TEST_CASE("registrations that are the same have no difference") {
    CHECK(difference("", "").empty());
    CHECK(difference("a()\nb(x: INTEGER)\n", "a()\nb(x: INTEGER)\n").empty());
}

TEST_CASE("the first function that differs is told as both have it") {
    CHECK(difference("a()\nb(x: INTEGER)\nc()\n", "a()\nb(x: TEXT)\nd()\n") ==
          "the server has b(x: INTEGER), the new run has b(x: TEXT)");
}

TEST_CASE("a function that one of them does not have is told") {
    CHECK(difference("a()\nb()\n", "a()\n") == "the server has b(), the new run has nothing");
    CHECK(difference("", "a()\n") == "the server has nothing, the new run has a()");
}
