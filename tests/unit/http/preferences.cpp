#include <restful_functions/http/preferences.hpp>

#include <doctest/doctest.h>

#include <initializer_list>
#include <string>

namespace http = restful_functions::http;

namespace {

std::string applied(std::initializer_list<const char*> values) {
    http::fields headers;
    headers.add("Host", "x");
    for (const char* value : values) headers.add("prefer", value);
    return http::parse_preferences(headers).applied();
}

}  // namespace

TEST_CASE("the preferences that are known are found among others") {
    CHECK(applied({}).empty());
    CHECK(applied({"respond-async"}) == "respond-async");
    CHECK(applied({"wait=10"}) == "wait=10");
    CHECK(applied({"return=minimal, Respond-Async , wait=5;x=1"}) == "respond-async, wait=5");
    CHECK(applied({"handling=lenient", "wait = \"7\"", "respond-async"}) ==
          "respond-async, wait=7");
    CHECK(applied({"foo=\"a, wait=3; \\\" wait=4\", wait=6"}) == "wait=6");
    CHECK(applied({"foo; bar=\"wait=1\""}).empty());
}

TEST_CASE("of a preference that is given twice the first one counts") {
    CHECK(applied({"wait=1, wait=2", "wait=3"}) == "wait=1");
}

TEST_CASE("a wait is whole seconds, a day at the most") {
    CHECK(applied({"wait=0"}) == "wait=0");
    CHECK(applied({"wait=86400"}) == "wait=86400");
    CHECK(applied({"wait=99999999999999999999"}) == "wait=86400");
    for (const char* bad : {"wait", "wait=", "wait=-1", "wait=1.5", "wait=soon", "wait=\"", "\""}) {
        CHECK(applied({bad}).empty());
    }
}
