#include <restful_functions/http/decompression.hpp>
#include <restful_functions/http/packer.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace http = restful_functions::http;

namespace {

/// The unpacked body, or the status of the refusal.
std::string unpacked(std::string body, std::string coding, std::size_t most = 1'000'000) {
    http::request sent;
    sent.headers.add("Content-Encoding", std::move(coding));
    sent.body = std::move(body);
    const auto refused = http::unpack_body(sent, most);
    if (!refused) return sent.body;
    if (refused->status == 415)
        CHECK(*refused->headers.find("Accept-Encoding") == http::accepted_codings);
    return std::to_string(refused->status);
}

std::string packed(std::string_view text, http::content_coding coding) {
    return http::make_packer(coding)->pack(text, true);
}

}  // namespace

TEST_SUITE_BEGIN("http/decompression");

TEST_CASE("a body that was sent as it is stays") {
    CHECK(unpacked("abc", "identity") == "abc");
    CHECK(unpacked("abc", " , Identity,") == "abc");
    CHECK(unpacked("", "gzip").empty());
    http::request plain;
    plain.body = "abc";
    CHECK_FALSE(http::unpack_body(plain, 1));
}

TEST_CASE("a coding that is not known here is refused with those that are") {
    CHECK(unpacked("abc", "br") == "415");
    CHECK(unpacked("abc", "gzip;q=1") == "415");
    CHECK(unpacked("abc", "gzip, gzip, gzip") == "415");
}

TEST_CASE("each known coding is undone, also over one another") {
    const std::string text = std::string(200'000, 'x') + "end";
    for (const http::content_coding each : http::known_codings) {
        const std::string name(to_string(each));
        CAPTURE(name);
        const std::string once = packed(text, each);
        CHECK(unpacked(once, name) == text);
        CHECK(unpacked(packed(once, each), name + ", identity ," + name) == text);
        CHECK(unpacked(once + packed("more", each), name) == text + "more");
        CHECK(unpacked(packed("", each), name).empty());
    }
}

TEST_CASE("a body that is larger than the limit when it is unpacked is refused") {
    for (const http::content_coding each : http::known_codings) {
        const std::string name(to_string(each));
        CAPTURE(name);
        const std::string bomb = packed(std::string(10'000'000, '0'), each);
        REQUIRE(bomb.size() < 100'000);
        CHECK(unpacked(bomb, name) == "413");
        CHECK(unpacked(packed(bomb, each), name + "," + name) == "413");
        CHECK(unpacked(packed("12345", each), name, 5) == "12345");
        CHECK(unpacked(packed("123456", each), name, 5) == "413");
    }
}

TEST_CASE("what is not of its coding, cut off, or followed by other bytes is refused") {
    for (const http::content_coding each : http::known_codings) {
        const std::string name(to_string(each));
        CAPTURE(name);
        const std::string whole = packed(R"({"x": 1})", each);
        for (std::size_t size = 1; size < whole.size(); ++size) {
            CAPTURE(size);
            CHECK(unpacked(whole.substr(0, size), name) == "400");
        }
        CHECK(unpacked(whole + "garbage", name) == "400");
        CHECK(unpacked(R"({"x": 1})", name) == "400");
    }
}

#ifdef RESTFUL_FUNCTIONS_ZLIB

TEST_CASE("deflate is zlib's format, or without its head and checksum") {
    using namespace std::string_literals;
    const std::string gzip = packed("{}", http::content_coding::gzip);
    const std::string raw = gzip.substr(10, gzip.size() - 18);
    CHECK(unpacked(raw, "deflate") == "{}");
    CHECK(unpacked("\x78\x01" + raw + "\x01\x75\x00\xf9"s, "deflate") == "{}");
    CHECK(unpacked("\x78\x01" + raw + "\x01\x75\x00\xf8"s, "deflate") == "400");
    CHECK(unpacked(raw + "x", "deflate") == "400");
}

TEST_CASE("gzip has an older name, in any case") {
    CHECK(unpacked(packed("{}", http::content_coding::gzip), "X-GZip") == "{}");
}

#endif

TEST_SUITE_END();
