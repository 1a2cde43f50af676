#include <restful_functions/api/proxies.hpp>

#include <doctest/doctest.h>

#include <initializer_list>
#include <stdexcept>
#include <string>
#include <utility>

namespace api = restful_functions::api;
namespace http = restful_functions::http;

namespace {

using field = std::pair<const char*, const char*>;

http::request seen(const char* peer, std::initializer_list<field> fields) {
    static const api::proxies trusted({"10.0.0.0/8", "::1", "unix"});
    http::request request;
    request.peer = peer;
    for (const auto& [name, value] : fields) request.headers.add(name, value);
    trusted.look_behind(request);
    return request;
}

std::string peer(const char* from, std::initializer_list<field> fields) {
    return seen(from, fields).peer;
}

}  // namespace

TEST_CASE("the peer is the nearest hop that is no trusted proxy") {
    CHECK(peer("10.0.0.1", {{"X-Forwarded-For", "192.0.2.7"}}) == "192.0.2.7");
    CHECK(peer("10.0.0.1", {{"X-Forwarded-For", "6.6.6.6, 192.0.2.7, 10.9.9.9"}}) == "192.0.2.7");
    CHECK(peer("::1", {{"Forwarded", "for=\"[2001:db8::7]:1\""}}) == "2001:db8::7");
    CHECK(peer("unix", {{"X-Forwarded-For", "192.0.2.7:4711"}}) == "192.0.2.7");
    CHECK(peer("::ffff:10.0.0.1", {{"X-Forwarded-For", "192.0.2.7"}}) == "192.0.2.7");
    CHECK(peer("10.0.0.1", {{"X-Forwarded-For", "10.0.0.3, 10.0.0.2"}}) == "10.0.0.3");
}

TEST_CASE("who is not trusted is not believed") {
    CHECK(peer("192.0.2.1", {{"X-Forwarded-For", "192.0.2.7"}}) == "192.0.2.1");
    CHECK(peer("", {{"X-Forwarded-For", "192.0.2.7"}}).empty());
    CHECK(seen("192.0.2.1", {{"X-Forwarded-Host", "a"}}).public_host.empty());
}

TEST_CASE("a hop that hides its address ends what can be believed") {
    CHECK(peer("10.0.0.1", {{"X-Forwarded-For", "192.0.2.7, unknown"}}) == "10.0.0.1");
    CHECK(peer("10.0.0.1", {{"Forwarded", "for=192.0.2.7, for=_x, for=10.0.0.2"}}) == "10.0.0.2");
    CHECK(peer("10.0.0.1", {}) == "10.0.0.1");
}

TEST_CASE("of two fields that disagree neither is believed") {
    CHECK(peer("10.0.0.1", {{"X-Forwarded-For", "192.0.2.7"}, {"Forwarded", "for=192.0.2.7"}}) ==
          "192.0.2.7");
    CHECK(peer("10.0.0.1", {{"X-Forwarded-For", "192.0.2.7"}, {"Forwarded", "for=6.6.6.6"}}) ==
          "10.0.0.1");
}

TEST_CASE("host and scheme are those of the first hop") {
    const auto usual = seen("10.0.0.1", {{"X-Forwarded-For", "192.0.2.7"},
                                         {"X-Forwarded-Proto", "https"},
                                         {"X-Forwarded-Host", "example.org:8443"}});
    CHECK(usual.public_host == "example.org:8443");
    CHECK(usual.public_scheme == "https");
    const auto standard = seen("10.0.0.1", {{"Forwarded", "for=a;host=b;proto=https, for=c"}});
    CHECK(standard.public_host == "b");
    CHECK(standard.public_scheme == "https");
}

TEST_CASE("what is no address and no net is refused, and named") {
    CHECK_THROWS_WITH_AS(api::proxies({"10.0.0.0/8", "proxy.example"}),
                         "trusted_proxies has \"proxy.example\"; write an address such as "
                         "\"10.0.0.7\", a net such as "
                         "\"10.0.0.0/8\", or \"unix\"",
                         std::invalid_argument);
}
