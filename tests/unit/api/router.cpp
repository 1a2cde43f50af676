#include <restful_functions/api/router.hpp>

#include <doctest/doctest.h>

#include <optional>
#include <string>

using namespace restful_functions::api;
namespace http = restful_functions::http;

namespace {

struct router_fixture {
    router_fixture() {
        routes.require("{thing}", [](std::string_view name) -> std::optional<http::response> {
            if (name.starts_with("known")) return std::nullopt;
            return http::problem(404, "no such thing");
        });
        routes.get("/", [](const exchange&) { return named("root"); });
        routes.get("/a/list", [](const exchange&) { return named("list"); });
        routes.get("/a/{thing}", [](const exchange& x) { return named("get " + x.parameter); });
        routes.get("/a/{thing}/query", [](const exchange& x) { return named(x.query); });
        routes.add("PUT", "/a/{thing}",
                   [](exchange&& x) { x.answer(named("put " + x.request.body)); });
        routes.add("POST", "/{thing}",
                   [](exchange&& x) { x.answer(named("post " + x.parameter)); });
    }

    static http::response named(std::string body) {
        http::response response;
        response.body = std::move(body);
        return response;
    }

    http::response ask(std::string method, std::string target) const {
        http::request request;
        request.method = std::move(method);
        request.target = std::move(target);
        request.body = "content";
        std::optional<http::response> response;
        routes.route(std::move(request), [&](http::response&& r) {
            REQUIRE(!response);
            response = std::move(r);
        });
        REQUIRE(response);
        return *response;
    }

    router routes;
};

}  // namespace

TEST_CASE_FIXTURE(router_fixture, "a request reaches the handler of its path and method") {
    CHECK(ask("GET", "/").body == "root");
    CHECK(ask("GET", "/a/list").body == "list");
    CHECK(ask("GET", "/a/known").body == "get known");
    CHECK(ask("PUT", "/a/known").body == "put content");
    CHECK(ask("POST", "/known").body == "post known");
}

TEST_CASE_FIXTURE(router_fixture, "a query and a trailing slash change nothing") {
    CHECK(ask("GET", "/?x=1").body == "root");
    CHECK(ask("GET", "/a/list/").body == "list");
    CHECK(ask("GET", "/a/known/?x=/y").body == "get known");
}

TEST_CASE_FIXTURE(router_fixture, "a handler gets the query as it was sent") {
    CHECK(ask("GET", "/a/known/query?x=%31&y").body == "x=%31&y");
    CHECK(ask("GET", "/a/known/query").body == "");
}

TEST_CASE_FIXTURE(router_fixture, "segments are percent-decoded") {
    CHECK(ask("GET", "/%61/l%69st").body == "list");
    CHECK(ask("GET", "/a/known%2Fthing%20").body == "get known/thing ");
}

TEST_CASE_FIXTURE(router_fixture, "a bad percent-encoding is refused") {
    CHECK(ask("GET", "/a/%4").status == 400);
    CHECK(ask("GET", "/a/%zz").status == 400);
}

TEST_CASE_FIXTURE(router_fixture, "a path that does not exist is 404 and says where to look") {
    for (const char* target : {"/a/b/c", "/b/list", "/a", "//"}) {
        const auto response = ask("GET", target);
        CHECK(response.status == 404);
        CHECK(*response.headers.find("Content-Type") == "application/problem+json");
    }
    CHECK(ask("GET", "/a/b/c").body.text().find("GET / lists the main paths") != std::string::npos);
}

TEST_CASE_FIXTURE(router_fixture, "a name that does not exist is 404, whatever the method") {
    for (const char* method : {"GET", "PUT", "POST", "DELETE", "OPTIONS"}) {
        const auto response = ask(method, "/a/unknown");
        CHECK(response.status == 404);
        CHECK(response.body.text().find("no such thing") != std::string::npos);
    }
}

TEST_CASE_FIXTURE(router_fixture,
                  "a method that a path does not take is 405 and says which it takes") {
    const auto response = ask("DELETE", "/a/known");
    CHECK(response.status == 405);
    CHECK(*response.headers.find("Allow") == "GET, HEAD, PUT, OPTIONS");
    CHECK(*response.headers.find("Content-Type") == "application/problem+json");
    CHECK(*ask("GET", "/known").headers.find("Allow") == "POST, OPTIONS");
    CHECK(*ask("get", "/").headers.find("Allow") == "GET, HEAD, OPTIONS");
}

TEST_CASE_FIXTURE(router_fixture, "no refusal shows the query, which may hold what is secret") {
    CHECK(ask("GET", "/no/such/path?pin=1234").body.text().find("1234") == std::string::npos);
    CHECK(ask("DELETE", "/a/known?pin=1234").body.text().find("1234") == std::string::npos);
}

TEST_CASE_FIXTURE(router_fixture, "OPTIONS answers with the methods of the path") {
    const auto response = ask("OPTIONS", "/a/known");
    CHECK(response.status == 204);
    CHECK(response.body.empty());
    CHECK(*response.headers.find("Allow") == "GET, HEAD, PUT, OPTIONS");
    CHECK(*ask("OPTIONS", "*").headers.find("Allow") == "GET, HEAD, POST, OPTIONS");
}

TEST_CASE_FIXTURE(router_fixture, "HEAD is answered as GET") {
    CHECK(ask("HEAD", "/a/known").body == "get known");
    CHECK(ask("HEAD", "/known").status == 405);
}
