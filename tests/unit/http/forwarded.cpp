#include <restful_functions/http/forwarded.hpp>

#include <doctest/doctest.h>

#include <string>

namespace http = restful_functions::http;

namespace {

http::fields with(const char* name, const char* value) {
    http::fields headers;
    headers.add(name, value);
    return headers;
}

std::string shown(const std::vector<http::hop>& hops) {
    std::string text;
    for (const http::hop& each : hops)
        text += each.from + '|' + each.host + '|' + each.scheme + ' ';
    return text;
}

std::string address(const char* from) {
    const auto read = http::address_of(from);
    return read ? read->to_string() : "none";
}

}  // namespace

TEST_CASE("the hops of Forwarded are read, quoted or not") {
    CHECK(
        shown(http::forwarded_hops(with(
            "Forwarded", "for=192.0.2.43;host=a.example;proto=https, For=\"[2001:db8::1]:47\""))) ==
        "192.0.2.43|a.example|https [2001:db8::1]:47|| ");
    CHECK(shown(http::forwarded_hops(with("forwarded", "for=\"a,b;c\\\"\";x=y , for=_h"))) ==
          "a,b;c\"|| _h|| ");
    CHECK(shown(http::forwarded_hops({})).empty());
    for (const char* odd : {"\"", "for", "for=\"", ",,", ";=;", "for=\"a\\"})
        static_cast<void>(http::forwarded_hops(with("Forwarded", odd)));
}

TEST_CASE("the hops of X-Forwarded-For are those of all its lines") {
    http::fields headers = with("X-Forwarded-For", "192.0.2.1, 10.0.0.1");
    headers.add("X-Forwarded-For", "10.0.0.2");
    headers.add("X-Forwarded-Host", "a.example");
    headers.add("X-Forwarded-Proto", "https, http");
    CHECK(shown(http::x_forwarded_hops(headers)) ==
          "192.0.2.1|a.example|https 10.0.0.1|| 10.0.0.2|| ");
    CHECK(shown(http::x_forwarded_hops(with("X-Forwarded-Host", "b"))) == "|b| ");
}

TEST_CASE("the address of a hop is told from its port") {
    CHECK(address("192.0.2.1") == "192.0.2.1");
    CHECK(address("192.0.2.1:4711") == "192.0.2.1");
    CHECK(address("2001:db8::1") == "2001:db8::1");
    CHECK(address("[2001:db8::1]") == "2001:db8::1");
    CHECK(address("[2001:db8::1]:4711") == "2001:db8::1");
    for (const char* hidden : {"unknown", "_secret", "", "[", ":", "[]"})
        CHECK(address(hidden) == "none");
}
