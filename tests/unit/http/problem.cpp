/// The bodies of refusals.
#include <restful_functions/http/problem.hpp>

#include <doctest/doctest.h>

#include <string>

namespace http = restful_functions::http;

TEST_CASE("a problem is a JSON document with its title, status and reason") {
    const http::response answer = http::problem(404, "no function is called \"f\"");
    CHECK(answer.status == 404);
    CHECK(*answer.headers.find("content-type") == "application/problem+json");
    CHECK(answer.body ==
          R"({"title":"Not Found","status":404,"detail":"no function is called \"f\""})");
    CHECK_FALSE(answer.close);
}

TEST_CASE("whatever the reason quotes, the document is JSON in UTF-8") {
    const auto quoted = [](std::string_view text) {
        std::string out;
        http::detail::append_json_string(out, text);
        return out;
    };
    CHECK(quoted("a\\b\n\x7F") == R"("a\\b\u000a\u007f")");
    CHECK(quoted("\xC3\xA4 \xE2\x82\xAC \xF0\x9F\x98\x80") ==
          "\"\xC3\xA4 \xE2\x82\xAC \xF0\x9F\x98\x80\"");
    const std::string replacement = "\xEF\xBF\xBD";
    CHECK(quoted("\xFF|") == "\"" + replacement + "|\"");
    CHECK(quoted("\xC3") == "\"" + replacement + "\"");
    CHECK(quoted("\xC0\x80") == "\"" + replacement + replacement + "\"");
    CHECK(quoted("\xED\xA0\x80") == "\"" + replacement + replacement + replacement + "\"");
}
