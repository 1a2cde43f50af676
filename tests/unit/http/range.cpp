#include <restful_functions/http/range.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace http = restful_functions::http;

namespace {

std::string wanted(std::string_view field, std::size_t size = 10) {
    const auto found = http::parse_range(field, size);
    switch (found.what) {
        case http::wanted_range::kind::everything:
            return "everything";
        case http::wanted_range::kind::unsatisfiable:
            return "nothing";
        case http::wanted_range::kind::part:
            return std::to_string(found.part.first) + "-" + std::to_string(found.part.last);
    }
    return {};
}

http::response ranged(std::string_view range, std::string_view if_range = {},
                      const char* method = "GET") {
    http::request asked;
    asked.method = method;
    asked.headers.add("Range", std::string(range));
    if (!if_range.empty()) asked.headers.add("If-Range", std::string(if_range));
    http::response full;
    full.headers.add("ETag", "\"1\"");
    full.body = "0123456789";
    return http::in_part(asked, full);
}

}  // namespace

TEST_SUITE_BEGIN("http/range");

// RFC 9110, 14.1.2
TEST_CASE("a range names bytes from the beginning or from the end") {
    CHECK(wanted("bytes=0-4") == "0-4");
    CHECK(wanted("Bytes=5-") == "5-9");
    CHECK(wanted("bytes=5-5000") == "5-9");
    CHECK(wanted("bytes=-3") == "7-9");
    CHECK(wanted("bytes=-3000") == "0-9");
    CHECK(wanted("bytes=9-99999999999999999999999") == "9-9");
}

TEST_CASE("a range without a byte in it cannot be had") {
    CHECK(wanted("bytes=10-") == "nothing");
    CHECK(wanted("bytes=-0") == "nothing");
    CHECK(wanted("bytes=99999999999999999999999-") == "nothing");
    CHECK(wanted("bytes=-1", 0) == "nothing");
    CHECK(wanted("bytes=0-", 0) == "nothing");
}

TEST_CASE("what is no range that is known is passed over") {
    for (const std::string_view field :
         {"", "bytes", "bytes=", "bytes=-", "bytes=4-3", "items=0-4", "bytes=0-1,3-4", "bytes=a-b",
          "bytes= 0-4", "bytes=0-4x"}) {
        CAPTURE(field);
        CHECK(wanted(field) == "everything");
    }
}

TEST_CASE("a part is 206 with its place, and what is not there 416") {
    const auto part = ranged("bytes=2-4");
    CHECK(part.status == 206);
    CHECK(part.body == "234");
    CHECK(*part.headers.find("Content-Range") == "bytes 2-4/10");
    const auto none = ranged("bytes=10-");
    CHECK(none.status == 416);
    CHECK(*none.headers.find("Content-Range") == "bytes */10");
    CHECK(none.body.text().find("\"title\": \"Range Not Satisfiable\"") != std::string::npos);
    CHECK(*ranged("bytes=4-3").headers.find("Accept-Ranges") == "bytes");
}

TEST_CASE("a part of a shared text shares it") {
    http::request asked;
    asked.method = "GET";
    asked.headers.add("Range", "bytes=100000-199999");
    http::response full;
    const http::shared_text blob(std::string(300'000, 'x'));
    full.body = blob;
    const auto part = http::in_part(asked, full);
    CHECK(part.body.size() == 100'000);
    CHECK(part.body.rest_of_piece(0).data() == blob.view().data() + 100'000);
}

// RFC 9110, 14.2
TEST_CASE("a range is for GET, and passed over by other methods") {
    for (const char* range : {"bytes=2-4", "bytes=10-"}) {
        const auto head = ranged(range, {}, "HEAD");
        CHECK(head.status == 200);
        CHECK(head.body == "0123456789");
        CHECK(head.headers.find("Content-Range") == nullptr);
        CHECK(*head.headers.find("Accept-Ranges") == "bytes");
    }
}

// RFC 9110, 13.1.5
TEST_CASE("If-Range asks for the part only of what the client knows") {
    CHECK(ranged("bytes=2-4", "\"1\"").status == 206);
    CHECK(ranged("bytes=2-4", "\"2\"").status == 200);
    CHECK(ranged("bytes=2-4", "Tue, 15 Nov 1994 12:45:26 GMT").status == 200);
}

TEST_SUITE_END();
