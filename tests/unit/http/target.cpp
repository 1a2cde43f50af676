/// How targets are taken apart.
#include <restful_functions/http/target.hpp>

#include <doctest/doctest.h>

#include <string>

namespace http = restful_functions::http;

namespace {

std::string joined(std::string_view text) {
    const auto parsed = http::parse_target(text);
    if (!parsed) return "malformed";
    std::string all;
    for (const std::string& segment : parsed->segments) all += "<" + segment + ">";
    if (parsed->trailing_slash) all += "/";
    if (!parsed->query.empty()) all += "?" + parsed->query;
    return all;
}

}  // namespace

TEST_CASE("a target is split into its segments") {
    CHECK(joined("/") == "");
    CHECK(joined("/a") == "<a>");
    CHECK(joined("/a/b") == "<a><b>");
    CHECK(joined("/a/") == "<a>/");
    CHECK(joined("/a/?x=/y?z") == "<a>/?x=/y?z");
    CHECK(joined("/?x") == "?x");
    CHECK(joined("/a//b") == "<a><><b>");
    CHECK(joined("/a//") == "<a><>/");
    CHECK(joined("/./..") == "<.><..>");
}

TEST_CASE("segments are percent-decoded after the split") {
    CHECK(joined("/a%2Fb%3f/%C3%A4?%20") == "<a/b?><\xC3\xA4>?%20");
    CHECK(joined("/%2e%2E") == "<..>");
    CHECK(joined("/a+b") == "<a+b>");
}

TEST_CASE("what is no path is malformed") {
    for (const char* text : {"", "a", "*", "?x", "/%", "/%4", "/%4g", "/%g4", "/%%41", "/%00"}) {
        CAPTURE(text);
        CHECK(joined(text) == "malformed");
    }
}
