#include <restful_functions/http/parameters.hpp>

#include <doctest/doctest.h>

#include <string>

namespace http = restful_functions::http;

TEST_SUITE_BEGIN("http/parameters");

TEST_CASE("parameters may be quoted, with quotes in them") {
    CHECK(http::parameter_of("multipart/form-data; boundary=abc", "boundary") == "abc");
    CHECK(http::parameter_of("multipart/form-data;BOUNDARY = \"a;b\"", "boundary") == "a;b");
    CHECK(http::parameter_of(R"(form-data; filename="a\"b"; name=n)", "filename") == "a\"b");
    CHECK(http::parameter_of(R"(form-data; filename="C:\dir\file"; name=n)", "filename") ==
          R"(C:\dir\file)");
    CHECK_FALSE(http::parameter_of("multipart/form-data", "boundary"));
    CHECK(http::essence_of(" text/plain ; charset=utf-8") == "text/plain");
}

TEST_CASE("a parameter that comes twice is none: two readers may take different ones") {
    CHECK_FALSE(http::parameters::of("multipart/form-data; boundary=a; Boundary=b"));
    CHECK(http::parameters::of("multipart/form-data; boundary=a; "));
}

TEST_CASE("a field has a few parameters") {
    std::string field = "a/b";
    for (std::size_t i = 0; i < http::parameters::most; ++i) field += ";p" + std::to_string(i);
    CHECK(http::parameters::of(field));
    CHECK_FALSE(http::parameters::of(field + ";q"));
}

TEST_SUITE_END();
