/// What a Host field may hold.
#include <restful_functions/http/host.hpp>

#include <doctest/doctest.h>

namespace http = restful_functions::http;

TEST_CASE("hosts are names or addresses, with or without a port") {
    for (const char* text : {"", "a", "a.example:80", "127.0.0.1", "[::1]", "[::1]:8888",
                             "a:", "a_b~c", "a%20b", "[::ffff:1.2.3.4]"}) {
        CAPTURE(text);
        CHECK(http::is_host(text));
    }
}

TEST_CASE("anything else is no host") {
    for (const char* text :
         {"a b", "a/b", "u@a", "a:b", "a:80:80", "::1", "[::1", "[]", "[g]", "[::1]a", "a[::1]",
          "a%2", "a%zz", "\"a\"", "a?b", "a#b", "[::1]:80a", "\xC3\xA4"}) {
        CAPTURE(text);
        CHECK_FALSE(http::is_host(text));
    }
}
