/// What the request parser accepts and what it refuses, each case under the section that says so.
#include <restful_functions/http/parser.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

namespace http = restful_functions::http;

namespace {

std::string summary(const http::request& got) {
    return got.method + " " + got.target + " 1." + std::to_string(got.version_minor) + " [" +
           got.body + "]" + (got.keep_alive ? "" : " close");
}

// Feeds the pieces as a connection would; one line a request, and the status of a refusal last.
std::string read(const std::vector<std::string_view>& pieces, const http::limits& bounds = {}) {
    http::parser parser(bounds);
    std::string seen;
    for (std::string_view piece : pieces) {
        while (!piece.empty()) {
            piece.remove_prefix(parser.feed(piece));
            if (parser.complete()) seen += summary(parser.take()) + "\n";
        }
    }
    if (parser.refused()) return seen + std::to_string(parser.refused().status);
    return parser.idle() ? seen : seen + "more";
}

std::vector<std::string_view> bytes_of(std::string_view text) {
    std::vector<std::string_view> bytes;
    for (std::size_t i = 0; i < text.size(); ++i) bytes.push_back(text.substr(i, 1));
    return bytes;
}

struct example {
    const char* name;
    std::string bytes;
    std::string expected;
};

void check(const std::vector<example>& table, const http::limits& bounds = {}) {
    for (const auto& [name, bytes, expected] : table) {
        CAPTURE(name);
        CHECK(read({bytes}, bounds) == expected);
        CHECK(read(bytes_of(bytes), bounds) == expected);
        const std::string_view text = bytes;
        for (std::size_t cut = 1; cut < text.size() && text.size() < 400; ++cut) {
            CAPTURE(cut);
            REQUIRE(read({text.substr(0, cut), text.substr(cut)}, bounds) == expected);
        }
    }
}

std::string get(std::string fields) { return "GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n"; }
std::string post(std::string fields, std::string body) {
    return "POST / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n" + body;
}
std::string chunked(std::string body) { return post("Transfer-Encoding: chunked\r\n", body); }

const std::string next = get("");
const std::string next_seen = "GET / 1.1 []\n";

}  // namespace

TEST_CASE("requests are read") {
    check({
        {"RFC 9112, 2.1: no body", get(""), "GET / 1.1 []\n"},
        {"RFC 9112, 2.2: empty lines before a request", "\r\n\r\n" + get(""), "GET / 1.1 []\n"},
        {"RFC 9112, 9.3: no persistence asked in HTTP/1.0", "GET / HTTP/1.0\r\n\r\n",
         "GET / 1.0 [] close\n"},
        {"RFC 9112, 9.3: persistence asked in HTTP/1.0",
         "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "GET / 1.0 []\n"},
        {"RFC 9112, 9.3: close wins over keep-alive",
         "GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", "GET / 1.0 [] close\n"},
        {"RFC 9110, 5.6.3: a tab after close", get("Connection: close\t\r\n"),
         "GET / 1.1 [] close\n"},
        {"RFC 9112, 9.6: close", get("connection: x, Close\r\n"), "GET / 1.1 [] close\n"},
        {"RFC 9112, 9.3.2: pipelining", get("") + post("Content-Length: 2\r\n", "{}") + get(""),
         "GET / 1.1 []\nPOST / 1.1 [{}]\nGET / 1.1 []\n"},
        {"RFC 9112, 6.2: a length", post("Content-Length: 5\r\n", "a\r\nb\n") + next,
         "POST / 1.1 [a\r\nb\n]\n" + next_seen},
        {"RFC 9112, 6.2: length zero", post("Content-Length: 0\r\n", "") + next,
         "POST / 1.1 []\n" + next_seen},
        {"RFC 9112, 6.3: neither length nor coding is no body", post("", "") + next,
         "POST / 1.1 []\n" + next_seen},
        {"RFC 9112, 7.1: chunks", chunked("5\r\nhello\r\nA\r\n, you all!\r\n0\r\n\r\n") + next,
         "POST / 1.1 [hello, you all!]\n" + next_seen},
        {"RFC 9112, 7.1.1: chunk extensions", chunked("5;a;b=\"c d\"\r\nhello\r\n0;x\r\n\r\n"),
         "POST / 1.1 [hello]\n"},
        {"RFC 9112, 7.1.1: an extension without a value behind one with",
         chunked("5;foo=bar;baz\r\nhello\r\n0;a=\"\\\"\";b\r\n\r\n") + next,
         "POST / 1.1 [hello]\n" + next_seen},
        {"RFC 9112, 7.1.1: space before and within an extension",
         chunked("5 ; a\t= b;;\r\nhello\r\nA\t;\xFF\r\n0123456789\r\n0\r\n\r\n"),
         "POST / 1.1 [hello0123456789]\n"},
        {"RFC 9112, 7.1.2: trailers are dropped",
         chunked("1\r\nx\r\n0\r\nHost: evil\r\nContent-Length: 3\r\n\r\n") + next,
         "POST / 1.1 [x]\n" + next_seen},
        {"RFC 9112, 3.2.2: absolute form", "GET http://b:80/x?y HTTP/1.1\r\nHost: a\r\n\r\n",
         "GET /x?y 1.1 []\n"},
        {"RFC 9112, 3.2.2: absolute form without a path",
         "GET HTTP://b?y HTTP/1.1\r\nHost: a\r\n\r\n", "GET /?y 1.1 []\n"},
        {"RFC 9112, 3.2.4: asterisk form", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
         "OPTIONS * 1.1 []\n"},
        {"RFC 9112, 3.2.4: asterisk form through a proxy",
         "OPTIONS http://a HTTP/1.1\r\nHost: a\r\n\r\n", "OPTIONS * 1.1 []\n"},
        {"RFC 9110, 7.8: Upgrade is ignored", get("Connection: Upgrade\r\nUpgrade: h2c\r\n") + next,
         "GET / 1.1 []\n" + next_seen},
        {"RFC 9110, 7.8: Upgrade is ignored beside a body",
         post("Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 2\r\n", "{}") + next,
         "POST / 1.1 [{}]\n" + next_seen},
        {"RFC 9110, 7.2: an empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", "GET / 1.1 []\n"},
        {"RFC 9110, 10.1.1: expectations are ignored in HTTP/1.0",
         "GET / HTTP/1.0\r\nExpect: tea\r\n\r\n", "GET / 1.0 [] close\n"},
        {"RFC 9110, 9.1: methods that the routes decide about",
         "PATCH / HTTP/1.1\r\nHost: a\r\n\r\nTRACE / HTTP/1.1\r\nHost: a\r\n\r\n",
         "PATCH / 1.1 []\nTRACE / 1.1 []\n"},
    });
}

TEST_CASE("a request that is not whole yet is neither complete nor refused") {
    check({
        {"part of a request line", "GET / HT", "more"},
        {"no end of the head", "GET / HTTP/1.1\r\nHost: a\r\n", "more"},
        {"part of a body", post("Content-Length: 5\r\n", "hell"), "more"},
        {"no last chunk", chunked("5\r\nhello\r\n"), "more"},
        {"no end of the trailers", chunked("0\r\n"), "more"},
        {"RFC 9112, 2.2: an empty line before a request", "\r\n", "more"},
        {"nothing", "", ""},
    });
}

TEST_CASE("malformed request lines are refused") {
    check({
        {"RFC 9112, 3: two words", "GET /\r\n\r\n", "400"},
        {"RFC 9112, 3: two spaces", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
        {"RFC 9112, 3: a space in the target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
        {"RFC 9112, 3: a tab", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
        {"RFC 9112, 3: a space at the end", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", "400"},
        {"RFC 9112, 3: a space at the beginning", " GET / HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
        {"RFC 9110, 9.1: the method is no token", "G(T / HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
        {"RFC 9110, 9.1: an unknown method", "FOO / HTTP/1.1\r\nHost: a\r\n\r\n", "501"},
        {"RFC 9110, 9.1: methods are case-sensitive", "get / HTTP/1.1\r\nHost: a\r\n\r\n", "501"},
        {"RFC 9110, 9.1: a method of RTSP", "SETUP / HTTP/1.1\r\nHost: a\r\n\r\n", "501"},
        {"RFC 9110, 9.3.6: CONNECT", "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", "501"},
        {"RFC 9113, 11.6: PRI", "PRI * HTTP/1.1\r\nHost: a\r\n\r\n", "501"},
        {"RFC 9113, 3.4: HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505"},
        {"RFC 9110, 2.5: HTTP/1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", "505"},
        {"RFC 9110, 2.5: HTTP/0.9", "GET / HTTP/0.9\r\nHost: a\r\n\r\n", "505"},
        {"RFC 9110, 2.5: a long version", "GET / HTTP/1.10\r\nHost: a\r\n\r\n", "400"},
        {"RFC 9110, 2.5: a version in small letters", "GET / http/1.1\r\nHost: a\r\n\r\n", "400"},
        {"RFC 9112, 2.3: another protocol", "GET / RTSP/1.0\r\nHost: a\r\n\r\n", "400"},
        {"RFC 9112, 3.2: a fragment", "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
        {"RFC 9112, 3.2: a byte that is not ASCII", "GET /\xC3\xA4 HTTP/1.1\r\nHost: a\r\n\r\n",
         "400"},
        {"RFC 9112, 3.2: a relative path", "GET a HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
        {"RFC 9112, 3.2.3: authority form", "GET a:80 HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
        {"RFC 9112, 3.2.4: asterisk form", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
        {"RFC 9110, 4.2.1: a URL without a host", "GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n",
         "400"},
        {"RFC 9110, 4.2.4: a URL with a user", "GET http://u@h/x HTTP/1.1\r\nHost: a\r\n\r\n",
         "400"},
        {"RFC 9112, 3.2.2: another scheme", "GET ftp://h/x HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
    });
}

TEST_CASE("heads that two readers could read differently are refused") {
    using namespace std::string_literals;
    check({
        {"RFC 9112, 2.2: a bare LF after the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n",
         "400"},
        {"RFC 9112, 2.2: a bare LF after a field", "GET / HTTP/1.1\r\nHost: a\n\r\n", "400"},
        {"RFC 9112, 2.2: a bare LF at the end of the head", "GET / HTTP/1.1\r\nHost: a\r\n\n",
         "400"},
        {"RFC 9112, 2.2: a bare LF before the request", "\n" + get(""), "400"},
        {"RFC 9112, 2.2: a bare CR", get("X: a\rb\r\n"), "400"},
        {"RFC 9112, 2.2: two CRs", get("X: a\r\r\n"), "400"},
        {"RFC 9110, 5.5: NUL in a value", get("X: a\0b\r\n"s), "400"},
        {"RFC 9110, 5.5: a control character in a value", get("X: a\x01\r\n"), "400"},
        {"RFC 9110, 5.5: DEL in a value", get("X: a\x7F\r\n"), "400"},
        {"RFC 9110, 5.1: NUL in a name", get("X\0: a\r\n"s), "400"},
        {"RFC 9110, 5.1: an empty name", get(": a\r\n"), "400"},
        {"RFC 9110, 5.1: a name that is no token", get("X(: a\r\n"), "400"},
        {"RFC 9110, 5.1: a name that is not ASCII", get("X\xFF: a\r\n"), "400"},
        {"RFC 9112, 5.1: a space before the colon", get("X : a\r\n"), "400"},
        {"RFC 9112, 5.1: a tab before the colon", get("X\t: a\r\n"), "400"},
        {"RFC 9112, 5: no colon", get("X\r\n"), "400"},
        {"RFC 9112, 5.2: a folded line", get("X: a\r\n b\r\n"), "400"},
        {"RFC 9112, 5.2: a line folded with a tab", get("X: a\r\n\tb\r\n"), "400"},
        {"RFC 9112, 2.2: a space before the first field",
         "GET / HTTP/1.1\r\n X: a\r\nHost: a\r\n\r\n", "400"},
        {"RFC 9112, 3.2: no Host", "GET / HTTP/1.1\r\n\r\n", "400"},
        {"RFC 9112, 3.2: two Hosts", get("host: a\r\n"), "400"},
        {"RFC 9112, 3.2: two Hosts in HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n",
         "400"},
        {"RFC 9112, 3.2: a malformed Host", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", "400"},
        {"RFC 9112, 3.2: a Host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "400"},
        {"RFC 9112, 3.2: Host is required beside an absolute target",
         "GET http://a/ HTTP/1.1\r\n\r\n", "400"},
        {"RFC 9110, 10.1.1: an unknown expectation", get("Expect: tea\r\n"), "417"},
        {"RFC 9110, 10.1.1: an unknown expectation after a known one",
         get("Expect: 100-continue\r\nExpect: tea\r\n"), "417"},
    });
}

TEST_CASE("framing that allows request smuggling is refused") {
    const std::string te = "Transfer-Encoding: chunked\r\n";
    check({
        {"RFC 9112, 6.3: both lengths", post("Content-Length: 5\r\n" + te, "0\r\n\r\n"), "400"},
        {"RFC 9112, 6.3: both lengths, the other way", post(te + "Content-Length: 5\r\n", ""),
         "400"},
        {"RFC 9112, 6.3: an empty coding beside a length",
         post("Transfer-Encoding:\r\nContent-Length: 3\r\n", "abc"), "400"},
        {"RFC 9112, 6.3: an empty coding", post("Transfer-Encoding:\r\n", ""), "400"},
        {"RFC 9112, 6.3: two equal lengths",
         post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"), "400"},
        {"RFC 9112, 6.3: two lengths", post("Content-Length: 5\r\nContent-Length: 6\r\n", "hello"),
         "400"},
        {"RFC 9112, 6.3: a list of lengths", post("Content-Length: 5, 5\r\n", "hello"), "400"},
        {"RFC 9110, 8.6: a sign", post("Content-Length: +5\r\n", "hello"), "400"},
        {"RFC 9110, 8.6: a negative length", post("Content-Length: -5\r\n", "hello"), "400"},
        {"RFC 9110, 8.6: a hexadecimal length", post("Content-Length: 0x5\r\n", "hello"), "400"},
        {"RFC 9110, 8.6: no length", post("Content-Length:\r\n", "hello"), "400"},
        {"RFC 9110, 8.6: a length beyond 64 bits",
         post("Content-Length: 18446744073709551621\r\n", "hello"), "400"},
        {"RFC 9112, 6.1: a coding in HTTP/1.0", "POST / HTTP/1.0\r\n" + te + "\r\n0\r\n\r\n",
         "400"},
        {"RFC 9112, 6.1: an unknown coding before chunked",
         post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), "501"},
        {"RFC 9112, 6.1: chunked twice", post("Transfer-Encoding: chunked, chunked\r\n", ""),
         "400"},
        {"RFC 9112, 6.1: chunked in two fields", post(te + te, ""), "400"},
        {"RFC 9112, 6.3: chunked is not final", post("Transfer-Encoding: chunked, gzip\r\n", ""),
         "400"},
        {"RFC 9112, 6.3: identity", post("Transfer-Encoding: identity\r\n", ""), "400"},
        {"RFC 9112, 6.3: nearly chunked", post("Transfer-Encoding: xchunked\r\n", ""), "400"},
        {"RFC 9112, 6.3: chunked with a parameter", post("Transfer-Encoding: chunked;q=1\r\n", ""),
         "400"},
        {"RFC 9112, 7.1: a bare LF after the size", chunked("5\nhello\r\n0\r\n\r\n"), "400"},
        {"RFC 9112, 7.1: a bare LF after the data", chunked("5\r\nhello\n0\r\n\r\n"), "400"},
        {"RFC 9112, 7.1: a bare LF after the last size", chunked("0\n\r\n"), "400"},
        {"RFC 9112, 7.1: a bare LF at the end", chunked("0\r\n\n"), "400"},
        {"RFC 9112, 7.1: more data than the size", chunked("5\r\nhello!\r\n0\r\n\r\n"), "400"},
        {"RFC 9112, 7.1: a size with a prefix", chunked("0x5\r\nhello\r\n0\r\n\r\n"), "400"},
        {"RFC 9112, 7.1: a negative size", chunked("-5\r\nhello\r\n0\r\n\r\n"), "400"},
        {"RFC 9112, 7.1: a size after a space", chunked(" 5\r\nhello\r\n0\r\n\r\n"), "400"},
        {"RFC 9112, 7.1: no size", chunked("\r\nhello\r\n0\r\n\r\n"), "400"},
        {"RFC 9112, 7.1: a size beyond 64 bits", chunked("10000000000000005\r\nhello"), "400"},
        {"RFC 9112, 7.1: a size before a space", chunked("5 \r\nhello\r\n0\r\n\r\n"), "400"},
        {"RFC 9112, 7.1: a size before two", chunked("5 6;a\r\nhello\r\n0\r\n\r\n"), "400"},
        {"RFC 9112, 7.1.1: an extension without a size", chunked(";a\r\nhello\r\n0\r\n\r\n"),
         "400"},
        {"RFC 9112, 7.1.1: an extension behind the data", chunked("5\r\nhello;a\r\n0\r\n\r\n"),
         "400"},
        {"RFC 9112, 7.1.1: a size and an extension behind the data",
         chunked("5\r\nhello5;a\r\n0\r\n\r\n"), "400"},
        {"RFC 9112, 7.1.1: a NUL in an extension",
         chunked(std::string("5;a\0\r\nhello\r\n0\r\n\r\n", 19)), "400"},
        {"RFC 9112, 7.1.1: a bare CR in an extension", chunked("5;a\rb\r\nhello\r\n0\r\n\r\n"),
         "400"},
        {"RFC 9112, 7.1.1: a bare LF in an extension", chunked("5;a\nb\r\nhello\r\n0\r\n\r\n"),
         "400"},
        {"RFC 9112, 7.1.2: a bare LF in the trailers", chunked("0\r\nX: a\n\r\n"), "400"},
        {"RFC 9112, 7.1.2: a folded trailer", chunked("0\r\nX: a\r\n b\r\n\r\n"), "400"},
        {"RFC 9112, 7.1.2: a trailer without a name", chunked("0\r\n: a\r\n\r\n"), "400"},
        {"RFC 9112, 7.1.2: a trailer with a space before its colon", chunked("0\r\nX : a\r\n\r\n"),
         "400"},
        {"RFC 9112, 6.5: a coding among the trailers",
         chunked("0\r\nTransfer-Encoding: chunked\r\n\r\n"), "400"},
    });
}

TEST_CASE("what is larger than the limits is refused") {
    const http::limits bounds{.max_header_bytes = 100, .max_body_bytes = 10, .max_fields = 3};
    check(
        {
            {"RFC 9110, 15.5.15: the request line", "GET /" + std::string(100, 'a'), "414"},
            {"RFC 6585, 5: one field", get("X: " + std::string(100, 'a')), "431"},
            {"RFC 6585, 5: all fields", get("A: b\r\nC: d\r\nE: f\r\n"), "431"},
            {"the most fields", get("A: b\r\nC: d\r\n"), "GET / 1.1 []\n"},
            {"RFC 9110, 15.5.14: the announced body", post("Content-Length: 11\r\n", ""), "413"},
            {"the largest body", post("Content-Length: 10\r\n", "0123456789"),
             "POST / 1.1 [0123456789]\n"},
            {"RFC 9110, 15.5.14: the first chunk", chunked("B\r\n"), "413"},
            {"RFC 9110, 15.5.14: all chunks", chunked("6\r\nabcdef\r\n6\r\nabcdef\r\n"), "413"},
            {"the largest chunks", chunked("5\r\nabcde\r\n5\r\nabcde\r\n0\r\n\r\n"),
             "POST / 1.1 [abcdeabcde]\n"},
            {"RFC 9112, 7.1.1: chunk extensions",
             chunked("1;" + std::string(120, 'a') + "\r\nx\r\n0\r\n\r\n"), "400"},
            {"RFC 9112, 7.1: zeros before a size", chunked(std::string(120, '0') + "1\r\nx\r\n"),
             "400"},
            {"RFC 9112, 7.1.2: trailers", chunked("0\r\nX: " + std::string(100, 'a')), "431"},
            {"extensions, before a chunk is found to be too large",
             chunked("B;" + std::string(120, 'a') + "\r\n"), "400"},
            {"a trailer, before all of them are found to be too long",
             chunked("0\r\nA b: c\r\nX: " + std::string(100, 'a')), "400"},
        },
        bounds);
}

TEST_CASE(
    "the fields are kept in their order and spelling, without the space around their values") {
    http::parser parser;
    parser.feed(get("X-One: \t 1 2 \t\r\nx-two:2\r\nX-ONE:\r\n"));
    const http::request got = parser.take();
    std::string seen;
    for (const auto& [name, value] : got.headers) seen += name + "=" + value + ";";
    CHECK(seen == "Host=a;X-One=1 2;x-two=2;X-ONE=;");
}

TEST_CASE("the host of an absolute target replaces the Host field") {
    http::parser parser;
    parser.feed("GET http://[::1]:80/ HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(*parser.take().headers.find("host") == "[::1]:80");
}

TEST_CASE("a client is told to continue once, and only while its body is awaited") {
    const std::string head = post("Expect: 100-Continue\r\nContent-Length: 2\r\n", "");
    http::parser parser;
    SUBCASE("when the head ends what it sent") {
        parser.feed(head);
        CHECK(parser.take_continue());
        CHECK_FALSE(parser.take_continue());
    }
    SUBCASE("not when some of the body is there") {
        parser.feed(head + "{");
        CHECK_FALSE(parser.take_continue());
    }
    SUBCASE("not when all of the body is there") {
        parser.feed(head + "{}");
        CHECK_FALSE(parser.take_continue());
        CHECK(parser.complete());
    }
    SUBCASE("not when the body is refused") {
        parser.feed(post("Expect: 100-continue\r\nContent-Length: 99999999\r\n", ""));
        CHECK_FALSE(parser.take_continue());
        CHECK(parser.refused().status == 413);
    }
    SUBCASE("not when it does not ask") {
        parser.feed(post("Content-Length: 2\r\n", ""));
        CHECK_FALSE(parser.take_continue());
    }
}

TEST_CASE("the method of a refused request is known when its request line was right") {
    http::parser parser;
    parser.feed("HEAD / HTTP/1.1\r\n\r\n");
    CHECK(parser.refused().status == 400);
    CHECK(parser.partial().method == "HEAD");
}

TEST_CASE("what came of a refused request is known, as far as its lines are whole") {
    http::limits limits;
    limits.max_header_bytes = 100;
    limits.max_body_bytes = 5;
    const auto known = [&](std::string_view bytes) {
        http::parser parser(limits);
        for (const char byte : bytes) parser.feed({&byte, 1});
        const http::request request = parser.take_refused();
        const std::string* origin = request.headers.find("Origin");
        return request.method + " " + request.target + " " + (origin ? *origin : "");
    };
    CHECK(known("POST /a HTTP/1.1\r\nHost: a\r\nOrigin: http://b\r\nContent-Length: 9\r\n\r\n") ==
          "POST /a http://b");
    CHECK(known("POST /a HTTP/1.1\r\nOrigin: http://b\r\nX: " + std::string(100, 'x')) ==
          "POST /a http://b");
    CHECK(known("GET /a HTTP/1.1\r\nHost: a\r\nOrigin: http://b\r\nAcc") == "GET /a http://b");
    CHECK(known("GET /a HTTP/1.1\r\nOrigin: http://b") == "GET /a ");
    CHECK(known("CONNECT a:1 HTTP/1.1\r\nOrigin: http://b\r\n\r\n") == "CONNECT a:1 http://b");
    CHECK(known("GET /" + std::string(200, 'x')) == "GET /" + std::string(95, 'x') + " ");
    CHECK(known("\x16\x03\x01") == "  ");
}

TEST_CASE("a refusal says in our words what was wrong") {
    const auto reason = [](const std::string& bytes) {
        http::parser parser;
        parser.feed(bytes);
        return parser.refused().reason;
    };
    CHECK(reason("FOO / HTTP/1.1\r\nHost: a\r\n\r\n") ==
          "this server does not implement that method");
    CHECK(reason(get("X(: a\r\n")) == "a header field is malformed");
    CHECK(reason(post("Content-Length: +5\r\n", "")) ==
          "the Content-Length is not one number, or stands beside another framing");
    CHECK(reason(chunked("x\r\n")) == "the size of a chunk is malformed");
    CHECK(reason(chunked("1\r\nxy")) == "a line of the message does not end in CRLF");
}
