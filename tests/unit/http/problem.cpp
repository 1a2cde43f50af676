/// The bodies of refusals.
#include <restful_functions/http/problem.hpp>

#include <doctest/doctest.h>

namespace http = restful_functions::http;

TEST_CASE("a problem is a JSON document with its title, status and reason") {
    const http::response answer = http::problem(404, "no function is called \"f\"");
    CHECK(answer.status == 404);
    CHECK(*answer.headers.find("content-type") == "application/problem+json");
    CHECK(answer.body ==
          R"({"title": "Not Found", "status": 404, "detail": "no function is called \"f\""})");
    CHECK_FALSE(answer.close);
}

TEST_CASE("a problem can have further members") {
    CHECK(http::problem(400, "no", {{"error", "a"}, {"pointer", "/\"x\""}}).body ==
          R"({"title": "Bad Request", "status": 400, "detail": "no", "error": "a", )"
          R"("pointer": "/\"x\""})");
}

TEST_CASE("whatever the reason quotes, the document is in UTF-8") {
    CHECK(http::problem(404, "/\xFF\n").body ==
          "{\"title\": \"Not Found\", \"status\": 404, \"detail\": \"/\xEF\xBF\xBD\\n\"}");
}
