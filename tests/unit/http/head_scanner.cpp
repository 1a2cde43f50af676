/// Where a head ends, and what may not be in it.
#include <restful_functions/http/head_scanner.hpp>

#include <doctest/doctest.h>

#include <string>

using restful_functions::http::head_scanner;

TEST_CASE("a head ends with its first empty line, and no byte after it is needed") {
    head_scanner scanner(100);
    CHECK(scanner.scan("GET / HTTP/1.1\r\nA: b\r\n\r\nbody") == 24);
    CHECK(scanner.complete());
    CHECK(scanner.scan("more") == 0);
}

TEST_CASE("empty lines before a request line are skipped, but a beginning") {
    head_scanner scanner(100);
    CHECK(scanner.untouched());
    scanner.scan("\r\n\r\n");
    CHECK_FALSE(scanner.untouched());
    CHECK_FALSE(scanner.complete());
    scanner.scan("GET / HTTP/1.1\r\n\r\n");
    CHECK(scanner.complete());
}

TEST_CASE("a trailer section may be empty") {
    head_scanner scanner(100, head_scanner::section::trailers);
    CHECK(scanner.scan("\r\nGET /") == 2);
    CHECK(scanner.complete());
}

TEST_CASE("the first byte too many is refused, as what it belongs to") {
    head_scanner line(10);
    CHECK(line.scan("GET /67890") == 10);
    CHECK_FALSE(line.refused());
    line.scan("1");
    CHECK(line.refused().status == 414);

    head_scanner fields(10);
    fields.scan("GET /\r\nA: b");
    CHECK(fields.refused().status == 431);
}

TEST_CASE("a refused head needs no more bytes") {
    head_scanner scanner(100);
    CHECK(scanner.scan("GET /\nA: b\r\n\r\n") == 6);
    CHECK(scanner.refused().status == 400);
    CHECK(scanner.scan("more") == 0);
    CHECK_FALSE(scanner.complete());
}
