#include <restful_functions/http/compression.hpp>

#include <doctest/doctest.h>

#include <string>

namespace http = restful_functions::http;

namespace {

http::response of(std::string type, std::size_t size) {
    http::response answer;
    answer.headers.add("Content-Type", std::move(type));
    answer.headers.add("ETag", "\"1\"");
    answer.body = std::string(size, 'x');
    return answer;
}

bool is_packed(http::response answer, http::content_coding coding) {
    http::compress(answer, coding);
    return answer.headers.find("Content-Encoding") != nullptr;
}

}  // namespace

TEST_SUITE_BEGIN("http/compression");

TEST_CASE("large texts are packed, with the fields that say so") {
    for (const http::content_coding coding : http::known_codings) {
        CAPTURE(to_string(coding));
        http::response answer = of("application/problem+json", 100'000);
        http::compress(answer, coding);
        CHECK(answer.body.size() < 1000);
        CHECK(*answer.headers.find("Content-Encoding") == to_string(coding));
        CHECK(*answer.headers.find("Vary") == "Accept-Encoding");
        CHECK(*answer.headers.find("ETag") == "W/\"1\"");
        CHECK(is_packed(of("text/plain; charset=utf-8", 100'000), coding));
    }
}

TEST_CASE("what is small, very large, or packed already is sent as it is") {
    for (const http::content_coding coding : http::known_codings) {
        CHECK_FALSE(is_packed(of("application/json", 1000), coding));
        CHECK_FALSE(is_packed(of("application/json", 3 * 1024 * 1024), coding));
        CHECK_FALSE(is_packed(of("image/png", 100'000), coding));
        http::response part = of("text/csv", 100'000);
        part.status = 206;
        CHECK_FALSE(is_packed(part, coding));
    }
    CHECK_FALSE(is_packed(of("application/json", 100'000), http::content_coding::identity));
}

TEST_SUITE_END();
