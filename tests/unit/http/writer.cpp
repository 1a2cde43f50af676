/// The exact heads of responses.
#include <restful_functions/http/writer.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>

namespace http = restful_functions::http;

namespace {

// The head without what every one has, of which the date changes.
std::string written(const http::response& answer, const http::exchange& with) {
    std::string head;
    http::write_head(head, answer, with);
    const std::size_t at = head.find("Date: ");
    REQUIRE(at != head.npos);
    head.erase(at, head.find("\r\n", at) + 2 - at);
    constexpr std::string_view always = "X-Content-Type-Options: nosniff\r\n";
    REQUIRE(head.find(always) == at);
    return head.erase(at, always.size());
}

http::exchange exchange(const char* method, int version_minor, bool keep_alive) {
    http::request begun;
    begun.method = method;
    begun.version_minor = version_minor;
    begun.keep_alive = keep_alive;
    return http::exchange(begun);
}

http::response text(int status, const char* body) {
    http::response answer;
    answer.status = status;
    answer.body = body;
    return answer;
}

}  // namespace

TEST_CASE("a head has the status line, the fields and the length of the body") {
    http::response answer = text(200, "true");
    answer.headers.add("Content-Type", "application/json");
    CHECK(written(answer, exchange("GET", 1, true)) ==
          "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 4\r\n\r\n");
}

TEST_CASE("Connection says what the client cannot know by itself") {
    const http::response ok = text(200, "");
    CHECK(written(ok, exchange("GET", 1, true)).find("Connection") == std::string::npos);
    CHECK(written(ok, exchange("GET", 1, false)).find("Connection: close\r\n") !=
          std::string::npos);
    CHECK(written(ok, exchange("GET", 0, true)).find("Connection: keep-alive\r\n") !=
          std::string::npos);
    CHECK(written(ok, exchange("GET", 0, false)).find("Connection: close\r\n") !=
          std::string::npos);
    CHECK(http::closes(ok, {}));
}

TEST_CASE("a response can ask for the end of the connection") {
    http::response answer = text(503, "");
    answer.close = true;
    CHECK(http::closes(answer, exchange("GET", 1, true)));
    CHECK(written(answer, exchange("GET", 1, true)).find("Connection: close\r\n") !=
          std::string::npos);
}

TEST_CASE("the answer to HEAD has the length of the body and no body") {
    const http::response answer = text(200, "12345");
    const http::exchange head = exchange("HEAD", 1, true);
    CHECK_FALSE(http::sends_body(answer, head));
    CHECK(written(answer, head) == "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
}

TEST_CASE("a body that was not packed for HEAD has no length, and other fields as for GET") {
    http::response answer = text(200, "");
    answer.headers.add("Content-Encoding", "gzip");
    CHECK(written(answer, exchange("HEAD", 1, true)) ==
          "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n");
    CHECK(http::has_length(answer, exchange("GET", 1, true)));
}

TEST_CASE("a chunk has its length in front, and shares its piece") {
    CHECK(http::chunk("") == "0\r\n\r\n");
    CHECK(http::chunk("0123456789abcdef") == "10\r\n0123456789abcdef\r\n");
    const http::shared_text large(std::string(0x10000, 'x'));
    const http::pieced_text framed = http::chunk(large);
    CHECK(framed.text() == "10000\r\n" + std::string(large) + "\r\n");
    CHECK(framed.rest_of_piece(7).data() == large.view().data());
}

TEST_CASE("204 and 304 have neither a body nor a length") {
    const http::exchange get = exchange("GET", 1, true);
    CHECK_FALSE(http::sends_body(text(204, ""), get));
    CHECK_FALSE(http::sends_body(text(304, ""), get));
    CHECK(written(text(204, ""), get) == "HTTP/1.1 204 No Content\r\n\r\n");
    CHECK(written(text(304, ""), get) == "HTTP/1.1 304 Not Modified\r\n\r\n");
}

TEST_CASE("a status without a phrase keeps the space before it") {
    CHECK(written(text(299, ""), exchange("GET", 1, true)) ==
          "HTTP/1.1 299 \r\nContent-Length: 0\r\n\r\n");
}

TEST_CASE("a value cannot forge a field") {
    http::response answer = text(200, "");
    answer.headers.add("Location", std::string("/a\r\nSet-Cookie: x\n\0", 19));
    CHECK(written(answer, exchange("GET", 1, true)) ==
          "HTTP/1.1 200 OK\r\nLocation: /a  Set-Cookie: x  \r\nContent-Length: 0\r\n\r\n");
}

TEST_CASE("a field that would break the message is left out") {
    http::response answer = text(200, "");
    answer.headers.add("X: a\r\nY", "b");
    answer.headers.add("", "b");
    answer.headers.add("content-length", "9");
    answer.headers.add("TRANSFER-ENCODING", "chunked");
    answer.headers.add("Connection", "close");
    CHECK(written(answer, exchange("GET", 1, true)) ==
          "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
}
