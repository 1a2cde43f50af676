#include <restful_functions/api/guard.hpp>
#include <restful_functions/transport/transport.hpp>

#include "served.hpp"

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace test;

namespace {

api::service_options with(rf::access_options access) {
    auto options = few_processes();
    options.access = std::move(access);
    return options;
}

const auto callers = with({
    .tokens = {{.secret = "all", .name = "admin"},
               {.secret = "look", .name = "viewer", .grant = {.scopes = {rf::scope::read}}},
               {.secret = "greet",
                .name = "greeter",
                .grant = {.scopes = {rf::scope::read, rf::scope::call}, .functions = {"greet"}}}},
    .users = {{.name = "eve", .password = "secret"}},
});

int status_as(served& s, const char* token, const char* method, const std::string& target) {
    const std::string credentials = std::string("Bearer ") + token;
    return ask_as(s, method, target, {{"Authorization", credentials.c_str()}}).status;
}

}  // namespace

TEST_CASE("where callers are told apart, nobody else is served but for health and the page") {
    served s(callers);
    for (const char* target : {"/", "/function/list/data", "/task/list", "/metrics", "/nowhere"}) {
        const auto refused = s.get(target);
        CHECK(refused.status == 401);
        CHECK(header(refused, "WWW-Authenticate") == "Bearer realm=\"restful-functions\"");
    }
    CHECK(s.ask("POST", "/greet").status == 401);
    CHECK(s.get("/health/live").status == 200);
    CHECK(ask_as(s, "GET", "/", {{"Accept", "text/html"}}).status == 200);
    CHECK(s.get("/console/console.html").status == 200);
    CHECK(s.get("/health/ready").status != 401);
    for (const char* target : {"/health", "/health/greet", "/health/live/x", "/console",
                               "/console/", "/console/greet", "/console/console.html/x", "//"}) {
        CAPTURE(target);
        CHECK(s.get(target).status == 401);
        CHECK(ask_as(s, "GET", target, {{"Accept", "text/html"}}).status == 401);
    }
    CHECK(s.ask("POST", "/health/live").status == 401);
    CHECK(s.ask("POST", "/console/console.html").status == 401);
    CHECK(status_as(s, "wrong", "GET", "/") == 401);
    CHECK(header(ask_as(s, "GET", "/", {{"Authorization", "Bearer wrong"}}), "WWW-Authenticate") ==
          "Bearer realm=\"restful-functions\", error=\"invalid_token\"");
    CHECK(ask_as(s, "GET", "/", {{"Authorization", "Basic ZXZlOnNlY3JldA=="}}).status == 200);
}

TEST_CASE("who is unknown learns no names by asking for methods") {
    served s(callers);
    const auto started = ask_as(s, "POST", "/waits", {{"Authorization", "Bearer all"}});
    const std::string task = "/" + header(started, "Location");
    for (const std::string target :
         {"/greet", "/greeting", task.c_str(), "/task/info/00000000-0000-4000-8000-000000000000",
          "/terminate/function/greet", "/nowhere", "/", "*"}) {
        CAPTURE(target);
        CHECK(s.ask("OPTIONS", target).status == 401);
        CHECK(
            ask_as(s, "OPTIONS", target,
                   {{"Origin", "https://evil.example"}, {"Access-Control-Request-Method", "POST"}})
                .status == 401);
    }
    const auto told = ask_as(s, "OPTIONS", "/greet", {{"Authorization", "Bearer all"}});
    CHECK(told.status == 204);
    CHECK(header(told, "Allow") == "POST, OPTIONS");
    CHECK(status_as(s, "look", "OPTIONS", task) == 204);
    CHECK(status_as(s, "look", "OPTIONS", "*") == 204);
}

TEST_CASE("a caller of some functions learns of no other tasks by asking for methods") {
    served s(callers);
    const std::string id =
        header(ask_as(s, "POST", "/waits", {{"Authorization", "Bearer all"}}), "Location")
            .substr(std::string_view("task/info/").size());
    for (const std::string& task : {id, std::string("00000000-0000-4000-8000-000000000000")}) {
        CHECK(status_as(s, "greet", "OPTIONS", "/task/info/" + task) == 403);
        CHECK(status_as(s, "greet", "OPTIONS", "/terminate/task/" + task) == 403);
    }
    CHECK(status_as(s, "greet", "OPTIONS", "/greet") == 204);
}

TEST_CASE("a caller does what its scopes allow") {
    served s(callers);
    CHECK(status_as(s, "all", "POST", "/greet") == 200);
    CHECK(status_as(s, "all", "POST", "/terminate/function/greet") == 200);
    CHECK(status_as(s, "look", "GET", "/task/list") == 200);
    CHECK(status_as(s, "look", "GET", "/metrics") == 200);
    const auto refused = ask_as(s, "POST", "/greet", {{"Authorization", "Bearer look"}});
    CHECK(refused.status == 403);
    CHECK(refused.body.text().find("this caller \\\"viewer\\\" lacks the scope call") !=
          std::string::npos);
    CHECK(header(refused, "WWW-Authenticate").ends_with("scope=\"call\""));
    CHECK(status_as(s, "look", "POST", "/terminate/function/greet") == 403);
}

TEST_CASE("a caller of some functions sees these and no others") {
    served s(callers);
    const auto started = ask_as(s, "POST", "/waits", {{"Authorization", "Bearer all"}});
    const std::string task = "/" + header(started, "Location");
    CHECK(status_as(s, "greet", "POST", "/greet") == 200);
    CHECK(status_as(s, "greet", "GET", "/task/list/greet") == 200);
    CHECK(status_as(s, "greet", "GET", "/function/list/data") == 200);
    for (const std::string target :
         {"/task/list", "/metrics", "/task/list/waits", "/function/definition/waits"}) {
        CHECK(status_as(s, "greet", "GET", target) == 403);
    }
    CHECK(status_as(s, "greet", "GET", task) == 403);
    CHECK(status_as(s, "greet", "GET", "/task/info/00000000-0000-4000-8000-000000000000") == 403);
    CHECK(status_as(s, "greet", "POST", "/waits") == 403);
}

TEST_CASE("an authorizer decides where no token does, and refuses when it throws") {
    std::string asked;
    served s(
        with({.authorizer = [&](const http::request& request, const rf::access_wanted& wanted) {
            asked +=
                std::string(api::to_string(wanted.what)) + ' ' + std::string(wanted.function) + ';';
            const std::string* cookie = request.headers.find("Cookie");
            if (cookie == nullptr) throw std::runtime_error("no cookie");
            if (*cookie == "stale") throw 42;
            return true;
        }}));
    CHECK(s.get("/").status == 401);
    CHECK(ask_as(s, "GET", "/", {{"Cookie", "stale"}}).status == 401);
    CHECK(ask_as(s, "POST", "/greet", {{"Cookie", "c"}}).status == 200);
    CHECK(asked == "read ;read ;call greet;");
}

TEST_CASE("a token or a user without a secret is refused at the start") {
    const auto start = [](rf::access_options access) { served s(with(std::move(access))); };
    CHECK_THROWS_WITH_AS(start({.users = {{.name = "eve", .password = ""}}}),
                         doctest::Contains("user \"eve\" has no password; "),
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(start({.tokens = {{.secret = "s"}, {.secret = "", .name = "ci"}}}),
                         doctest::Contains("token \"ci\" has no secret; "), std::invalid_argument);
    CHECK_THROWS_WITH_AS(start({.tokens = {{.secret = "s"}, {.secret = ""}}}),
                         doctest::Contains("token 2 has no secret; "), std::invalid_argument);
}

TEST_CASE("a request for another name is refused") {
    served s(with({.allowed_hosts = {"functions.example"}}));
    for (const char* host : {"functions.example", "Functions.Example:8888", "localhost:1",
                             "127.0.0.1:8888", "[::1]:8888", "10.0.0.7"}) {
        CHECK(ask_as(s, "GET", "/", {{"Host", host}}).status == 200);
    }
    for (const char* host : {"evil.example", "evil.example:8888", "127.0.0.1.evil.example",
                             "functions.example.evil", "localhost.evil"}) {
        CHECK(ask_as(s, "GET", "/", {{"Host", host}}).status == 421);
    }
    CHECK(s.get("/").status == 200);
}

TEST_CASE("a page of another site changes nothing") {
    served s;
    const auto post = [&](std::initializer_list<field> fields) {
        return ask_as(s, "POST", "/greet", fields).status;
    };
    CHECK(post({{"Host", "localhost:8888"}, {"Origin", "http://localhost:8888"}}) == 200);
    CHECK(post({{"Host", "localhost:8888"}}) == 200);
    CHECK(post({{"Host", "localhost:8888"}, {"Origin", "http://evil.example"}}) == 403);
    CHECK(post({{"Host", "localhost:8888"}, {"Origin", "http://localhost:9999"}}) == 403);
    CHECK(post({{"Host", "localhost:8888"}, {"Origin", "null"}}) == 403);
    CHECK(post({{"Host", "localhost:8888"}, {"Sec-Fetch-Site", "cross-site"}}) == 403);
    CHECK(post({{"Host", "localhost:8888"}, {"Sec-Fetch-Site", "same-origin"}}) == 200);
    // Behind a proxy that asks for another name:
    CHECK(post({{"Host", "functions:8888"},
                {"Origin", "https://example.org"},
                {"Sec-Fetch-Site", "same-origin"}}) == 200);
    CHECK(post({{"Host", "functions:8888"},
                {"Origin", "https://example.org"},
                {"Sec-Fetch-Site", "same-site"}}) == 403);
    const auto read = ask_as(s, "GET", "/", {{"Host", "a"}, {"Origin", "http://evil.example"}});
    CHECK(read.status == 200);
    CHECK(header(read, "Access-Control-Allow-Origin").empty());
}

TEST_CASE("a page of a listed origin may do all, and reads answers and refusals") {
    served s(with({.tokens = {{.secret = "t"}}, .allowed_origins = {"https://app.example"}}));
    const field from{"Origin", "https://app.example"};
    const auto preflight =
        ask_as(s, "OPTIONS", "/greet", {from, {"Access-Control-Request-Method", "POST"}});
    CHECK(preflight.status == 204);
    CHECK(header(preflight, "Access-Control-Allow-Origin") == "https://app.example");
    CHECK(header(preflight, "Access-Control-Allow-Headers").find("Authorization") == 0);
    const auto called = ask_as(s, "POST", "/greet", {from, {"Authorization", "Bearer t"}});
    CHECK(called.status == 200);
    CHECK(header(called, "Access-Control-Allow-Origin") == "https://app.example");
    CHECK(header(called, "Vary") == "Origin");
    const auto refused = ask_as(s, "POST", "/greet", {from});
    CHECK(refused.status == 401);
    CHECK(header(refused, "Access-Control-Allow-Origin") == "https://app.example");
    const auto other =
        ask_as(s, "OPTIONS", "/greet",
               {{"Origin", "https://b.example"}, {"Access-Control-Request-Method", "POST"}});
    CHECK(other.status == 401);
    CHECK(header(other, "Access-Control-Allow-Origin").empty());
    const auto of_nothing =
        ask_as(s, "OPTIONS", "/nowhere", {from, {"Access-Control-Request-Method", "POST"}});
    CHECK(of_nothing.status == 204);
    CHECK(header(of_nothing, "Allow").empty());
}

TEST_CASE("any origin may be let in, without credentials") {
    served s(with({.allowed_origins = {"*"}}));
    const auto called = ask_as(s, "POST", "/greet", {{"Origin", "https://anywhere.example"}});
    CHECK(called.status == 200);
    CHECK(header(called, "Access-Control-Allow-Origin") == "*");
    CHECK(header(called, "Access-Control-Allow-Credentials").empty());
}

TEST_CASE("an idempotency key is its caller's own") {
    served s(callers);
    const auto keyed = [&](const char* credentials) {
        return ask_as(s, "POST", "/greet",
                      {{"Authorization", credentials}, {"Idempotency-Key", "k"}});
    };
    const auto first = keyed("Bearer all");
    CHECK(keyed("Bearer greet").body != first.body.text());
    CHECK(keyed("Bearer all").body == first.body.text());
}

TEST_CASE("a page's origin is compared with what a trusted proxy was asked for") {
    auto options = few_processes();
    options.trusted_proxies = {"10.0.0.0/8"};
    served s(std::move(options));
    const auto post = [&](const char* peer, const char* origin, const char* name,
                          const char* value) {
        http::request request;
        request.method = "POST";
        request.target = "/greet";
        request.peer = peer;
        request.headers.add("Host", "functions:8888");
        request.headers.add("Origin", origin);
        request.headers.add("X-Forwarded-Proto", "https");
        request.headers.add(name, value);
        std::optional<http::response> answer;
        s.service.handle(std::move(request), [&](http::response&& given) { answer = given; });
        return answer.value().status;
    };
    CHECK(post("10.0.0.1", "https://example.org", "X-Forwarded-Host", "example.org") == 200);
    CHECK(post("10.0.0.1", "https://functions:8888", "X-A", "") == 200);
    CHECK(post("10.0.0.1", "http://example.org", "X-Forwarded-Host", "example.org") == 403);
    CHECK(post("10.0.0.1", "https://evil.example", "X-Forwarded-Host", "example.org") == 403);
    CHECK(post("11.0.0.1", "https://example.org", "X-Forwarded-Host", "example.org") == 403);
}

TEST_CASE("callers without names have keys of their own") {
    served s(
        with({.tokens = {{.secret = "one"}, {.secret = "two"}, {.secret = "three", .name = "n"}},
              .users = {{.name = "n", .password = "p"}}}));
    const auto started_by = [&](const char* authorization) {
        return ask_as(s, "POST", "/greet",
                      {{"Authorization", authorization}, {"Idempotency-Key", "k"}})
            .body.text();
    };
    const std::string first = started_by("Bearer one");
    CHECK(started_by("Bearer one") == first);
    CHECK(started_by("Bearer two") != first);
    CHECK(started_by("Bearer three") == started_by("Basic bjpw"));  // n:p
}

TEST_CASE("a body is waited for where its head may pass, and where an authorizer has to see it") {
    static_assert(rf::transport::judges_heads<api::service>);
    const auto admits = [](const api::service& service, const char* method, const char* target,
                           const char* name = "X-A", const char* value = "") {
        http::request head;
        head.method = method;
        head.target = target;
        head.headers.add("Host", "localhost");
        head.headers.add(name, value);
        return service.admits(std::move(head));
    };
    served restricted(callers);
    const api::service& service = restricted.service;
    CHECK(!admits(service, "POST", "/greet"));
    CHECK(!admits(service, "POST", "/greet", "Authorization", "Bearer wrong"));
    CHECK(!admits(service, "POST", "/greet", "Authorization", "Bearer look"));
    CHECK(admits(service, "POST", "/greet", "Authorization", "Bearer greet"));
    CHECK(!admits(service, "GET", "/health/live"));
    CHECK(!admits(service, "GET", "/console/console.html"));
    CHECK(!admits(service, "GET", "/", "Accept", "text/html"));
    served authorized(with({.authorizer = [](const auto&, const auto&) { return false; }}));
    CHECK(admits(authorized.service, "POST", "/greet"));
    CHECK(!admits(authorized.service, "GET", "/health/live"));
    served open;
    CHECK(admits(open.service, "POST", "/greet"));
    CHECK(admits(open.service, "GET", "/health/live"));
    CHECK(!admits(open.service, "POST", "/greet", "Origin", "https://evil.example"));
}

TEST_CASE("a caller who waits often leaves room for others who wait") {
    served s(with({.tokens = {{.secret = "one"}, {.secret = "two"}}}));
    const auto ask_with = [&](const char* token, const char* method, const std::string& target) {
        http::fields headers;
        headers.add("Authorization", std::string("Bearer ") + token);
        return s.send(method, target, "", std::move(headers));
    };
    const auto started = s.wait(ask_with("one", "POST", "/waits"));
    const std::string wait = "/task/wait/" + header(started, "Location").substr(10);
    std::vector<std::shared_ptr<std::optional<http::response>>> answers;
    for (std::size_t i = 0; i < api::waiting_room::most_of_an_owner; ++i)
        answers.push_back(ask_with("one", "GET", wait));
    CHECK(s.wait(ask_with("one", "GET", wait)).status == 503);
    answers.push_back(ask_with("two", "GET", wait));
    CHECK(!*answers.back());
    s.service.kill_all();
    for (const auto& each : answers) CHECK(s.wait(each).status == 200);
    s.wait_until_idle();
    CHECK(s.wait(ask_with("one", "GET", wait)).status == 200);
}
