/// The classes of characters.
#include <restful_functions/http/characters.hpp>

#include <doctest/doctest.h>

namespace http = restful_functions::http;

TEST_CASE("hexadecimal digits have a value in either case") {
    CHECK(http::detail::hex_value('9') == 9);
    CHECK(http::detail::hex_value('a') == 10);
    CHECK(http::detail::hex_value('F') == 15);
    for (const char other : {'g', 'G', '/', ':', '@', '`', '\xE1'})
        CHECK(http::detail::hex_value(other) == -1);
}

TEST_CASE("a token has at least one character and no separator") {
    CHECK(http::is_token("X-1!#$%&'*+-.^_`|~"));
    for (const char* other : {"", "a b", "a:", "(", "\xC3\xA4"}) CHECK_FALSE(http::is_token(other));
}

TEST_CASE("texts are compared without regard to the case of ASCII letters") {
    CHECK(http::equal_ignoring_case("Content-LENGTH", "content-length"));
    CHECK_FALSE(http::equal_ignoring_case("a", "ab"));
    CHECK_FALSE(http::equal_ignoring_case("[", "{"));
}
