#include <restful_functions/http/form.hpp>

#include <doctest/doctest.h>

namespace http = restful_functions::http;

TEST_CASE("a form is read pair by pair, decoded") {
    CHECK(http::parse_form("x=3&label=a+b%21%2B&x=4") ==
          http::form{{"x", "3"}, {"label", "a b!+"}, {"x", "4"}});
    CHECK(http::parse_form("a=1=2&b&=c&&d=") ==
          http::form{{"a", "1=2"}, {"b", ""}, {"", "c"}, {"d", ""}});
    CHECK(http::parse_form("") == http::form{});
    CHECK(http::parse_form("a&&b&c&d", 2) == http::form{{"a", ""}, {"b", ""}, {"c", ""}});
    CHECK(http::parse_form("gr%C3%B6%C3%9Fe=1") == http::form{{"größe", "1"}});
}

TEST_CASE("a badly encoded form is refused") {
    for (const char* bad : {"x=%", "x=%4", "%zz=1", "x=1&y=%0", "x=%00"}) {
        CHECK(!http::parse_form(bad));
    }
}

TEST_CASE("a form is searched by name, the first value counts") {
    const http::form pairs = *http::parse_form("x=3&y=&x=4");
    CHECK(*http::find(pairs, "x") == "3");
    CHECK(http::find(pairs, "y")->empty());
    CHECK(http::find(pairs, "z") == nullptr);
}
