#include <restful_functions/http/content_disposition.hpp>

#include <doctest/doctest.h>

#include <string>

namespace http = restful_functions::http;

namespace {

std::string name_in(std::string_view field) {
    return http::file_name_in(*http::parameters::of(field)).value_or("none");
}

}  // namespace

TEST_SUITE_BEGIN("http/content_disposition");

TEST_CASE("the extended name goes first, where it is sound") {
    CHECK(name_in("attachment") == "none");
    CHECK(name_in("attachment; filename=a") == "a");
    CHECK(name_in("attachment; filename=a; filename*=UTF-8''%e2%82%ac") == "\u20AC");
    CHECK(name_in("attachment; filename*=iso-8859-1'en'%A3%20rates") == "\u00A3 rates");
    for (const char* bad : {"UTF-8'", "UTF-8''%f", "UTF-8''%ff", "UTF-8''%00", "KOI8-R''%d0", ""}) {
        CAPTURE(bad);
        CHECK(name_in("attachment; filename=a; filename*=" + std::string(bad)) == "a");
    }
}

TEST_CASE("a name is written for those who know ASCII only, and as it is") {
    CHECK(http::content_disposition("a b.png") ==
          "inline; filename=\"a b.png\"; filename*=UTF-8''a%20b.png");
    CHECK(http::content_disposition("\u20AC\"\\%\r\n") ==
          "inline; filename=\"________\"; filename*=UTF-8''%E2%82%AC%22%5C%25%0D%0A");
}

TEST_CASE("a name that is written is read again") {
    const std::string name = "gr\u00F6\u00DFe; \"1\" 100%'.png";
    CHECK(name_in(http::content_disposition(name)) == name);
}

TEST_SUITE_END();
