#include <restful_functions/http/compression.hpp>
#include <restful_functions/http/decompression.hpp>

#include "numbers.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace http = restful_functions::http;
using test::numbers;

namespace {

http::response of(std::string type, http::pieced_text body) {
    http::response answer;
    answer.headers.add("Content-Type", std::move(type));
    answer.headers.add("ETag", "\"1\"");
    answer.body = std::move(body);
    return answer;
}

http::response of(std::string type, std::size_t size) {
    return of(std::move(type), std::string(size, 'x'));
}

http::exchange exchange(const char* method = "GET", int version_minor = 1) {
    http::request begun;
    begun.method = method;
    begun.version_minor = version_minor;
    return http::exchange(begun);
}

bool is_packed(http::response answer, http::content_coding coding,
               const http::exchange& with = exchange()) {
    http::compression().pack(answer, coding, with);
    return answer.headers.find("Content-Encoding") != nullptr;
}

/// The body as its client unpacks it.
std::string unpacked(const http::response& answer, std::string packed) {
    http::request sent;
    sent.headers.add("Content-Encoding", *answer.headers.find("Content-Encoding"));
    sent.body = std::move(packed);
    REQUIRE_FALSE(http::unpack_body(sent, 100'000'000));
    return sent.body;
}

void check_fields(const http::response& answer, http::content_coding coding) {
    CHECK(*answer.headers.find("Content-Encoding") == to_string(coding));
    CHECK(*answer.headers.find("Vary") == "Accept-Encoding");
    CHECK(*answer.headers.find("ETag") == "W/\"1\"");
}

}  // namespace

TEST_SUITE_BEGIN("http/compression");

TEST_CASE("texts are packed, with the fields that say so") {
    for (const http::content_coding coding : http::known_codings) {
        CAPTURE(to_string(coding));
        http::response answer = of("application/problem+json", 60'000);
        http::compression().pack(answer, coding, exchange());
        CHECK(answer.body.size() < 1000);
        CHECK_FALSE(answer.stream);
        check_fields(answer, coding);
        CHECK(unpacked(answer, answer.body.text()) == std::string(60'000, 'x'));
        CHECK(is_packed(of("text/plain; charset=utf-8", 60'000), coding));
    }
}

TEST_CASE("a large text is packed while it is sent, a piece of bounded work at a time") {
    const std::string first = numbers(3'000'000);
    for (const http::content_coding coding : http::known_codings) {
        CAPTURE(to_string(coding));
        http::pieced_text text = "[";
        text += http::shared_text(first);
        text += ", 1]";
        http::response answer = of("application/json", text);
        http::compression().pack(answer, coding, exchange());
        check_fields(answer, coding);
        CHECK(answer.body.empty());
        REQUIRE(answer.stream);
        std::string packed;
        std::size_t largest = 0;
        int pieces = 0;
        for (; !answer.stream->is_done(); ++pieces) {
            const std::string piece = answer.stream->take().text();
            largest = std::max(largest, piece.size());
            packed += piece;
        }
        CHECK(pieces > 40);
        CHECK(largest < 200'000);
        CHECK(unpacked(answer, packed) == text.text());
    }
}

TEST_CASE("a body that is made while it is sent is packed, too, unless its maker waits") {
    for (const http::content_coding coding : http::known_codings) {
        CAPTURE(to_string(coding));
        struct {
            int left = 5;
            std::string next() { return left-- == 3 ? "" : numbers(100'000); }
            bool is_over() const { return left == 0; }
        } made;
        http::response answer = of("application/json", "");
        answer.stream = http::made_on_demand(std::make_shared<decltype(made)>(made));
        answer.stream->write("begun, ");
        http::compression().pack(answer, coding, exchange());
        check_fields(answer, coding);
        std::string packed;
        while (!answer.stream->is_done()) packed += answer.stream->take().text();
        std::string whole = "begun, ";
        for (int i = 0; i < 4; ++i) whole += numbers(100'000);
        CHECK(unpacked(answer, packed) == whole);

        http::response events = of("text/event-stream", "");
        events.stream = std::make_shared<http::body_stream>();
        CHECK_FALSE(is_packed(events, coding));
    }
}

TEST_CASE("an answer to HEAD has the fields, and nothing is packed") {
    for (const http::content_coding coding : http::known_codings) {
        for (const std::size_t size : {std::size_t{60'000}, std::size_t{60'000'000}}) {
            http::response answer = of("application/json", size);
            http::compression().pack(answer, coding, exchange("HEAD"));
            check_fields(answer, coding);
            CHECK(answer.body.empty());
            CHECK((answer.stream != nullptr) == (size > 64 * 1024));
            if (answer.stream) CHECK(answer.stream->take().empty());
        }
    }
}

TEST_CASE("HTTP/1.0 gets a large text as it is, with its length") {
    for (const http::content_coding coding : http::known_codings) {
        CHECK_FALSE(is_packed(of("application/json", 100'000), coding, exchange("GET", 0)));
        CHECK(is_packed(of("application/json", 60'000), coding, exchange("GET", 0)));
    }
}

TEST_CASE("so many large texts are packed at a time, and further ones sent as they are") {
    for (const http::content_coding coding : http::known_codings) {
        const http::compression all;
        std::vector<http::response> packed;
        const auto pack = [&all, coding] {
            http::response answer = of("application/json", 100'000);
            all.pack(answer, coding, exchange());
            return answer;
        };
        for (long i = 0; i < http::compression::most_at_a_time; ++i) {
            packed.push_back(pack());
            REQUIRE(packed.back().stream);
        }
        CHECK_FALSE(pack().stream);
        CHECK(pack().headers.find("Content-Encoding") == nullptr);
        CHECK(pack().body.size() == 100'000);
        packed.front().stream->close();
        CHECK(pack().stream);
    }
}

TEST_CASE("small bodies, and packed ones, are sent as they are") {
    for (const http::content_coding coding : http::known_codings) {
        CHECK_FALSE(is_packed(of("application/json", 1000), coding));
        CHECK_FALSE(is_packed(of("image/png", 100'000), coding));
        http::response part = of("text/csv", 100'000);
        part.status = 206;
        CHECK_FALSE(is_packed(part, coding));
    }
    CHECK_FALSE(is_packed(of("application/json", 100'000), http::content_coding::identity));
}

TEST_SUITE_END();
