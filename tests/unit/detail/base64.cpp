#include <restful_functions/detail/base64.hpp>

#include <doctest/doctest.h>

#include <string>

namespace detail = restful_functions::detail;

// RFC 4648, 10
TEST_CASE("base64 is decoded, with or without its padding") {
    CHECK(detail::base64_decode("") == "");
    CHECK(detail::base64_decode("Zg==") == "f");
    CHECK(detail::base64_decode("Zm8=") == "fo");
    CHECK(detail::base64_decode("Zm9v") == "foo");
    CHECK(detail::base64_decode("Zm9vYg==") == "foob");
    CHECK(detail::base64_decode("Zm9vYmFy") == "foobar");
    CHECK(detail::base64_decode("Zg") == "f");
    CHECK(detail::base64_decode("AP+/") == std::string("\0\xFF\xBF", 3));
}

TEST_CASE("bytes are encoded with their padding") {
    CHECK(detail::base64_encode("").empty());
    CHECK(detail::base64_encode("f") == "Zg==");
    CHECK(detail::base64_encode("fo") == "Zm8=");
    CHECK(detail::base64_encode("foo") == "Zm9v");
    CHECK(detail::base64_encode("foob") == "Zm9vYg==");
    CHECK(detail::base64_encode("foobar") == "Zm9vYmFy");
    CHECK(detail::base64_encode(std::string("\0\xFF\xBF", 3)) == "AP+/");
}

TEST_CASE("what is no base64 is refused") {
    for (const char* bad : {"Z", "Zg=", "Zm9v=", "Z===", "====", "Zm 9v", "Zm-_", "=Zg="}) {
        CHECK(!detail::base64_decode(bad));
    }
}
