#include <restful_functions/http/base64.hpp>

#include <doctest/doctest.h>

#include <string>

namespace http = restful_functions::http;

// RFC 4648, 10
TEST_CASE("base64 is decoded, with or without its padding") {
    CHECK(http::base64_decode("") == "");
    CHECK(http::base64_decode("Zg==") == "f");
    CHECK(http::base64_decode("Zm8=") == "fo");
    CHECK(http::base64_decode("Zm9v") == "foo");
    CHECK(http::base64_decode("Zm9vYg==") == "foob");
    CHECK(http::base64_decode("Zm9vYmFy") == "foobar");
    CHECK(http::base64_decode("Zg") == "f");
    CHECK(http::base64_decode("AP+/") == std::string("\0\xFF\xBF", 3));
}

TEST_CASE("what is no base64 is refused") {
    for (const char* bad : {"Z", "Zg=", "Zm9v=", "Z===", "====", "Zm 9v", "Zm-_", "=Zg="}) {
        CHECK(!http::base64_decode(bad));
    }
}
