/// The parts of a request line, and the one form that its target is brought to.
#include <restful_functions/http/request_line.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <variant>

namespace http = restful_functions::http;

namespace {

std::string resolved(std::string_view method, std::string_view target) {
    const auto result = http::resolve_target(method, target);
    if (const auto* why = std::get_if<http::refusal>(&result)) return std::to_string(why->status);
    const auto& [origin_form, authority] = std::get<http::resolved_target>(result);
    return origin_form + " at " + std::string(authority);
}

}  // namespace

TEST_CASE("a request line has a method, a target and a version") {
    const auto parsed = http::parse_request_line("POST /a?b HTTP/1.0");
    const auto* line = std::get_if<http::request_line>(&parsed);
    REQUIRE(line != nullptr);
    CHECK(line->method == "POST");
    CHECK(line->target == "/a?b");
    CHECK(line->version_minor == 0);
}

TEST_CASE("a refusal says what is wrong with the line") {
    const auto parsed = http::parse_request_line("GET / HTTP/3.0");
    const auto* why = std::get_if<http::refusal>(&parsed);
    REQUIRE(why != nullptr);
    CHECK(why->status == 505);
    CHECK(why->reason == "this server speaks HTTP/1.0 and HTTP/1.1");
}

TEST_CASE("targets come down to origin form") {
    CHECK(resolved("GET", "/a?b") == "/a?b at ");
    CHECK(resolved("GET", "http://h:1/a?b") == "/a?b at h:1");
    CHECK(resolved("GET", "HTTPS://h") == "/ at h");
    CHECK(resolved("GET", "http://[::1]?b") == "/?b at [::1]");
    CHECK(resolved("OPTIONS", "*") == "* at ");
    CHECK(resolved("OPTIONS", "http://h") == "* at h");
    CHECK(resolved("OPTIONS", "http://h/") == "/ at h");
    CHECK(resolved("GET", "*") == "400");
    CHECK(resolved("GET", "http://:1/") == "400");
}
