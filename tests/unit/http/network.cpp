#include <restful_functions/http/network.hpp>

#include <doctest/doctest.h>

#include <string>

namespace http = restful_functions::http;

namespace {

std::string written(const char* text) {
    const auto parsed = http::ip_address::parse(text);
    return parsed ? parsed->to_string() : "none";
}

bool has(const char* net, const char* address) {
    return http::network::parse(net).value().contains(http::ip_address::parse(address).value());
}

}  // namespace

TEST_CASE("addresses are read in either family, and written in the usual form") {
    CHECK(written("192.0.2.1") == "192.0.2.1");
    CHECK(written("2001:DB8:0:0::1") == "2001:db8::1");
    CHECK(written("::ffff:192.0.2.1") == "192.0.2.1");
    for (const char* text : {"", "192.0.2", "192.0.2.1:80", "[::1]", "a", "1.2.3.4/8"}) {
        CHECK(written(text) == "none");
    }
}

TEST_CASE("a net has the addresses that begin as it does") {
    CHECK(has("10.0.0.0/8", "10.255.0.1"));
    CHECK(!has("10.0.0.0/8", "11.0.0.1"));
    CHECK(has("192.0.2.128/25", "192.0.2.200"));
    CHECK(!has("192.0.2.128/25", "192.0.2.100"));
    CHECK(has("192.0.2.1", "192.0.2.1"));
    CHECK(!has("192.0.2.1", "192.0.2.2"));
    CHECK(has("10.0.0.0/8", "::ffff:10.1.2.3"));
    CHECK(has("fd00::/8", "fd12::1"));
    CHECK(!has("fd00::/8", "fe80::1"));
    CHECK(has("0.0.0.0/0", "203.0.113.9"));
    CHECK(!has("0.0.0.0/0", "::1"));
    CHECK(has("::/0", "::1"));
}

TEST_CASE("what is no net is refused") {
    for (const char* text : {"", "10.0.0.0/", "10.0.0.0/33", "fd00::/129", "10.0.0.0/-1", "10/8",
                             "10.0.0.0/8x", "localhost"}) {
        CHECK(!http::network::parse(text));
    }
}
