#include <restful_functions/http/accept_encoding.hpp>

#include <doctest/doctest.h>

#include <string_view>

namespace http = restful_functions::http;
using http::content_coding;

namespace {

std::string_view preferred(std::string_view field) {
    return to_string(http::preferred_coding(field, {content_coding::zstd, content_coding::gzip}));
}

}  // namespace

TEST_SUITE_BEGIN("http/accept_encoding");

// RFC 9110, 12.5.3
TEST_CASE("the coding that weighs most is taken, of equal ones the better") {
    CHECK(preferred("gzip, deflate, br, zstd") == "zstd");
    CHECK(preferred("gzip, deflate") == "gzip");
    CHECK(preferred("X-GZip") == "gzip");
    CHECK(preferred("gzip;q=0.8, zstd;q=0.2") == "gzip");
    CHECK(preferred("gzip ; q=1.000 ,zstd;q=0.999") == "gzip");
    CHECK(preferred("*") == "zstd");
    CHECK(preferred("zstd;q=0, *;q=0.1") == "gzip");
}

TEST_CASE("what is not wanted, or not understood, is not taken") {
    for (const std::string_view field :
         {"", "br", "identity", "gzip;q=0", "*;q=0", "gzip;q=0.000", "gzip;q=2", "gzip;q=x",
          "gzip;level=9", "gzip;q=1.001", ",,;"}) {
        CAPTURE(field);
        CHECK(preferred(field) == "identity");
    }
}

TEST_SUITE_END();
