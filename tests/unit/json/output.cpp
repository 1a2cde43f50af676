/// Where JSON text goes.
#include <restful_functions/json/output.hpp>

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <utility>

namespace json = restful_functions::json;

TEST_CASE("a bounded output holds exactly its capacity") {
    std::array<char, 4> memory{};
    json::bounded_output out(memory.data(), memory.size());
    out.write("abc");
    out.Put('d');
    CHECK(out.text() == "abcd");
    CHECK_FALSE(out.overflow());
    out.Put('e');
    CHECK(out.text() == "abcd");
    CHECK(out.overflow());
}

TEST_CASE("a bounded output never writes past its end, whatever comes after") {
    std::array<char, 8> memory{'-', '-', '-', '-', '-', '-', '-', '-'};
    json::bounded_output out(memory.data(), 4);
    out.write("ab");
    out.write("cdef");
    for (int i = 0; i < 1000; ++i) out.Put('x');
    out.write(std::string(1000, 'y'));
    CHECK(out.overflow());
    CHECK(out.text() == "abcd");
    CHECK(std::string(memory.data(), memory.size()) == "abcd----");
}

TEST_CASE("a bounded output without room overflows at once") {
    json::bounded_output out(nullptr, 0);
    CHECK(out.text().empty());
    out.Put('a');
    CHECK(out.overflow());
    CHECK(out.text().empty());
}

TEST_CASE("a string output grows with what is written") {
    json::string_output out;
    CHECK(out.text().empty());
    std::string expected;
    for (int i = 0; i < 1000; ++i) {
        out.Put('a');
        out.write("bcd");
        expected += "abcd";
    }
    out.write(std::string(100000, 'e'));
    expected += std::string(100000, 'e');
    CHECK(out.text() == expected);
    CHECK(std::move(out).take() == expected);
}
