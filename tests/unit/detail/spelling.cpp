/// How the compiler spells things.
#include <restful_functions/detail/spelling.hpp>

#include <doctest/doctest.h>

namespace detail = restful_functions::detail;

namespace {
enum class light { red };
}

TEST_CASE("an entity is spelled as the compiler prints it") {
    CHECK(detail::spelling<7>() == "7");
    CHECK(detail::last_identifier(detail::spelling<light::red>()) == "red");
}

TEST_CASE("an identifier is letters, digits, underscores and characters beyond ASCII") {
    CHECK(detail::is_identifier("x"));
    CHECK(detail::is_identifier("_x1"));
    CHECK(detail::is_identifier("größe"));
    CHECK_FALSE(detail::is_identifier(""));
    CHECK_FALSE(detail::is_identifier("1x"));
    CHECK_FALSE(detail::is_identifier("a b"));
    CHECK_FALSE(detail::is_identifier("a-b"));
}

TEST_CASE("the last identifier of a text is what follows the last other character") {
    CHECK(detail::last_identifier("&math::addition") == "addition");
    CHECK(detail::last_identifier("addition") == "addition");
    CHECK(detail::last_identifier("twice<int>") == "");
}
