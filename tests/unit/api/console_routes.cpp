#include <restful_functions/api/console_routes.hpp>

#include "served.hpp"

using namespace test;

namespace {

/// What a browser sends when somebody types the server's address.
const field as_browser{"Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"};

}  // namespace

TEST_CASE("who would rather look gets the page, and everybody else the list of paths") {
    served s;
    const auto page = ask_as(s, "GET", "/", {as_browser});
    CHECK(page.status == 200);
    CHECK(header(page, "Content-Type") == "text/html; charset=utf-8");
    CHECK(page.body.text().starts_with("<!doctype html>"));
    CHECK(header(page, "Vary") == "Accept");
    for (const char* accepted : {"*/*", "text/plain", "application/json", "text/html;q=0",
                                 "text/html;q=0.5, text/plain", "text/*"}) {
        const auto list = ask_as(s, "GET", "/", {{"Accept", accepted}});
        CHECK(list.body.text().starts_with("/function/list/data\n"));
        CHECK(header(list, "Vary") == "Accept");
    }
}

TEST_CASE("all parts of the page are served, with what a browser needs to know") {
    served s;
    for (const auto& file : api::detail::console_files) {
        const auto part = s.get("/console/" + std::string(file.name));
        CHECK(part.status == 200);
        CHECK(part.body == file.text);
        CHECK(header(part, "Content-Type") == file.type);
        const std::string policy = header(part, "Content-Security-Policy");
        CHECK(policy.starts_with("default-src 'none'; script-src 'self';"));
        CHECK(policy.find("unsafe") == policy.npos);
        const std::string tag = header(part, "ETag");
        CHECK(
            ask_as(s, "GET", "/console/" + std::string(file.name), {{"If-None-Match", tag.c_str()}})
                .status == 304);
    }
    CHECK(s.get("/console/").status == 404);
    CHECK(s.get("/console/../console.html").status == 404);
}

TEST_CASE("the page is there before somebody has said who they are, and nothing else") {
    auto options = few_processes();
    options.access.tokens = {{.secret = "t"}};
    served s(std::move(options));
    CHECK(ask_as(s, "GET", "/", {as_browser}).status == 200);
    CHECK(s.get("/console/main.js").status == 200);
    CHECK(s.get("/").status == 401);
    CHECK(ask_as(s, "GET", "/task/list", {as_browser}).status == 401);
    CHECK(s.ask("POST", "/console/main.js", "").status == 401);
}
