#include <restful_functions/http/decompression.hpp>
#include <restful_functions/http/packer.hpp>

#include "numbers.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace http = restful_functions::http;
using test::numbers;

namespace {

std::string unpacked(std::string packed, http::content_coding coding) {
    http::request sent;
    sent.headers.add("Content-Encoding", std::string(to_string(coding)));
    sent.body = std::move(packed);
    REQUIRE_FALSE(http::unpack_body(sent, 10'000'000));
    return sent.body;
}

}  // namespace

TEST_SUITE_BEGIN("http/packer");

TEST_CASE("a text that is packed piece by piece is unpacked as one") {
    for (const http::content_coding coding : http::known_codings) {
        CAPTURE(to_string(coding));
        for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{1'000'000}}) {
            const std::string text = numbers(size);
            const auto packing = http::make_packer(coding);
            std::string packed;
            for (std::size_t at = 0; at < size; at += 60'000)
                packed += packing->pack(std::string_view(text).substr(at, 60'000), false);
            packed += packing->pack({}, true);
            CHECK(unpacked(packed, coding) == text);
        }
    }
}

TEST_CASE("a text that is packed at once is unpacked the same") {
    for (const http::content_coding coding : http::known_codings) {
        for (const std::string& text : {std::string(), numbers(50'000), std::string(50'000, 'x')}) {
            const auto packed = http::make_packer(coding, text.size())->pack(text, true);
            CHECK(packed.size() < text.size() + 100);
            CHECK(unpacked(packed, coding) == text);
        }
    }
}

TEST_CASE("identity has no packer") {
    CHECK(http::make_packer(http::content_coding::identity) == nullptr);
}

TEST_SUITE_END();
