/// What a parser does with memory, and without.
#include <restful_functions/http/parser.hpp>

#include <doctest/doctest.h>

#include <malloc.h>

#include <cstddef>
#include <cstdlib>
#include <limits>
#include <new>
#include <string>

namespace http = restful_functions::http;

namespace {

constexpr std::size_t unbounded = std::numeric_limits<std::size_t>::max();
std::size_t largest_allocation = unbounded;
std::size_t allocated = 0;  // and not freed

}  // namespace

void* operator new(std::size_t size) {
    void* const memory = size > largest_allocation ? nullptr : std::malloc(size);
    if (memory == nullptr) throw std::bad_alloc();
    allocated += ::malloc_usable_size(memory);
    return memory;
}
void operator delete(void* memory) noexcept {
    allocated -= ::malloc_usable_size(memory);
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept { operator delete(memory); }

TEST_CASE("an announced length alone takes no memory") {
    http::parser parser({.max_body_bytes = unbounded});
    const std::size_t before = allocated;
    parser.feed("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4611686018427387904\r\n\r\n");
    for (int i = 0; i < 4; ++i) parser.feed(std::string(50'000, 'x'));
    CHECK(parser.in_body());
    CHECK(allocated - before < 500'000);
}

TEST_CASE("a body that there is no memory for is refused with 503, and takes none") {
    http::parser parser;
    const std::size_t before = allocated;
    parser.feed("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n");
    const std::string piece(100'000, 'x');
    parser.feed(piece);
    largest_allocation = 150'000;
    parser.feed(piece);
    largest_allocation = unbounded;
    CHECK(parser.refused().status == 503);
    CHECK(parser.partial().method == "POST");
    CHECK(allocated - before < 110'000);  // the piece is the test's own
}

TEST_CASE("a head that came in pieces takes no memory once it was taken") {
    http::parser parser;
    const std::size_t before = allocated;
    parser.feed("GET / HTTP/1.1\r\nHost: a\r\n");
    parser.feed("X: " + std::string(15'000, 'x') + "\r\n\r\n");
    REQUIRE(parser.complete());
    CHECK(parser.take().headers.size() == 2);
    CHECK(allocated == before);
}
