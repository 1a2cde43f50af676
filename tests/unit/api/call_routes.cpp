#include "served.hpp"

using namespace test;

TEST_CASE("a call answers with the id of its task, at once") {
    served s;
    const auto answer = s.send("POST", "/addition", "{\"x\":3, \"y\":6}");
    REQUIRE(answer->has_value());
    const http::response& response = **answer;
    CHECK(response.status == 200);
    CHECK(header(response, "Content-Type") == "application/json");
    const std::string location = header(response, "Location");
    REQUIRE(location.starts_with("task/info/"));
    CHECK(response.body ==
          "{\"success\": true, \"message\": \"\", \"task_id\": \"" + location.substr(10) + "\"}");
}

TEST_CASE("a call that keeps the connection answers with the bare result") {
    served s;
    const auto response = s.ask("POST", "/addition/keep-connection", "{\"x\":3, \"y\":6}");
    CHECK(response.status == 200);
    CHECK(header(response, "Content-Type") == "application/json");
    CHECK(response.body == "9");
}

TEST_CASE("a missing body counts as an empty object") {
    served s;
    CHECK(s.ask("POST", "/greet/keep-connection").body == "\"größe \\\"1\\\"\"");
    CHECK(s.ask("POST", "/greet/keep-connection", "{}").status == 200);
}

TEST_CASE("synchronous calls one after the other fit into a concurrency of one") {
    served s;
    for (int i = 0; i < 20; ++i) {
        CHECK(s.ask("POST", "/addition/keep-connection", "{\"x\":1, \"y\":1}").status == 200);
    }
}

TEST_CASE("a missing argument is refused") {
    served s;
    for (const char* path : {"/addition", "/addition/keep-connection"}) {
        const auto response = s.ask("POST", path, "{\"y\": 6}");
        CHECK(response.status == 400);
        CHECK(header(response, "Content-Type") == "application/problem+json");
        CHECK(response.body ==
              R"({"error": "Parameter Missing: x", "title": "Bad Request", "status": 400, )"
              R"("detail": "x: it is required", )"
              R"("errors": [{"pointer": "/x", "detail": "it is required"}]})");
    }
    CHECK(s.get("/task/list/addition").body == "[]");
}

TEST_CASE("an invalid argument is refused") {
    served s;
    const auto response = s.ask("POST", "/addition", "{\"x\": \"abc\", \"y\": 6}");
    CHECK(response.status == 400);
    CHECK(response.body.text().starts_with(R"({"error": "Parameter is Invalid: x abc INTEGER", )"));
    CHECK(response.body.text().ends_with(
        R"("errors": [{"pointer": "/x", "detail": "is not an integer"}]})"));
}

TEST_CASE("an unknown argument is refused") {
    served s;
    const auto response = s.ask("POST", "/addition", "{\"x\": 3, \"y\": 6, \"z\": 1}");
    CHECK(response.status == 400);
    CHECK(response.body.text().starts_with(R"({"error": "Parameter Unknown: z", )"));
    CHECK(response.body.text().find(R"([{"pointer": "/z", "detail": ")") != std::string::npos);
}

TEST_CASE("all bad arguments are named at once, the first of them as if alone") {
    served s;
    const auto response = s.ask("POST", "/addition", "{\"x\": \"abc\", \"yy\": 6}");
    CHECK(response.body ==
          R"_({"error": "Parameter is Invalid: x abc INTEGER", "title": "Bad Request", )_"
          R"_("status": 400, "detail": "x: is not an integer (and 2 more)", "errors": [)_"
          R"_({"pointer": "/x", "detail": "is not an integer"}, )_"
          R"_({"pointer": "/y", "detail": "it is required"}, )_"
          R"_({"pointer": "/yy", "detail": "the function has no such argument"}]})_");
}

TEST_CASE("a body that is no JSON object is refused") {
    served s;
    for (const char* body : {"x=3&y=6", "{\"x\": 3,}", "[3, 6]", "{\"x\": 3, \"y\": 6} 7"}) {
        const auto response = s.ask("POST", "/addition", body);
        CHECK(response.status == 400);
        CHECK(header(response, "Content-Type") == "application/problem+json");
        CHECK(response.body.text().find(", \"error\": \"the body is not ") != std::string::npos);
        CHECK(response.body.text().find("\"Bad Request\"") != std::string::npos);
        CHECK(rf::json::is_valid(response.body.text()));
    }
}

TEST_CASE("a body above the payload's limit is refused") {
    auto options = few_processes();
    options.executor.max_payload = 4000;
    served s(options);
    const std::string padding(4000, ' ');
    CHECK(s.ask("POST", "/addition", "{\"x\": 3, \"y\": 6}" + padding).status == 413);
    CHECK(s.ask("POST", "/addition", "{\"x\": 3, \"y\": 6}").status == 200);
}

TEST_CASE("a call over the limit is refused with 429") {
    served s;
    s.start("multi");
    s.start("multi");
    for (const char* path : {"/multi", "/multi/keep-connection"}) {
        const auto response = s.ask("POST", path);
        CHECK(response.status == 429);
        CHECK(header(response, "Retry-After") == "1");
        CHECK(header(response, "Content-Type") == "application/json");
        CHECK(response.body ==
              "{\"success\": false, \"message\": \"Over Max Concurrency 2\", \"task_id\": \"\"}");
    }
}

TEST_CASE(
    "a call over the limit of a function with a queue is accepted, and past the queue is not") {
    served s;
    for (int i = 0; i < 3; ++i) s.start("patient");
    for (const char* path : {"/patient", "/patient/keep-connection"}) {
        const auto response = s.ask("POST", path);
        CHECK(response.status == 429);
        CHECK(header(response, "Retry-After") == "1");
        CHECK(response.body ==
              "{\"success\": false, \"message\": \"Over Max Concurrency 1\", \"task_id\": \"\"}");
    }
}

TEST_CASE("a hundred calls that keep the connection are served in the order of their arrival") {
    served s;
    std::string order, expected;
    int answered = 0;
    for (int i = 0; i < 101; ++i) {
        http::request call;
        call.method = "POST";
        call.target = "/orderly/keep-connection";
        call.body = "{\"number\": " + std::to_string(i) + "}";
        s.service.handle(std::move(call), [&](http::response&& response) {
            order += response.body.text() + ' ';
            ++answered;
        });
        expected += std::to_string(i) + ' ';
    }
    s.drive_until([&] { return answered == 101; });
    CHECK(order == expected);
}

TEST_CASE("a queued call whose function is terminated is answered") {
    served s;
    s.start("patient");
    const auto waiting = s.send("POST", "/patient/keep-connection");
    s.ask("POST", "/terminate/function/patient");
    const auto response = s.wait(waiting);
    CHECK(response.status == 500);
    CHECK(response.body == "\"Manual Termination\"");
}

TEST_CASE("a call beyond the last process waits") {
    auto options = few_processes();
    options.executor.max_processes = 1;
    served s(options);
    s.start("waits");
    const auto waiting = s.send("POST", "/greet/keep-connection");
    CHECK(s.get("/task/list/greet").body.text().find("QUEUED") != std::string::npos);
    s.ask("POST", "/terminate/function/waits");
    CHECK(s.wait(waiting).status == 200);
}

TEST_CASE("a call beyond the last process is refused with 503 where no more may wait") {
    served s(one_process(1));
    s.start("waits");
    s.start("multi");
    for (const char* path : {"/multi", "/multi/keep-connection"}) {
        const auto response = s.ask("POST", path);
        CHECK(response.status == 503);
        CHECK(header(response, "Retry-After") == "1");
        CHECK(header(response, "Content-Type") == "application/problem+json");
        CHECK(!response.close);
    }
}

TEST_CASE("a failed call that keeps the connection is 500 with the bare result") {
    served s;
    const auto threw = s.ask("POST", "/throws/keep-connection");
    CHECK(threw.status == 500);
    CHECK(threw.body == "\"no \\\"luck\\\"\"");
    const auto crashed = s.ask("POST", "/crashes/keep-connection");
    CHECK(crashed.status == 500);
    CHECK(crashed.body == "\"killed by SIGSEGV (Segmentation fault)\"");
}

TEST_CASE("a result that does not fit is a failed call that names the limit") {
    auto options = few_processes();
    options.executor.max_payload = 4000;
    served s(options);
    CHECK(s.ask("POST", "/large/keep-connection", "{\"bytes\": 3000}").status == 200);
    const auto response = s.ask("POST", "/large/keep-connection", "{\"bytes\": 100000}");
    CHECK(response.status == 500);
    CHECK(response.body.text().starts_with("\"the result is larger than "));
}

TEST_CASE("a call over its time that keeps the connection is 504") {
    served s;
    const auto response = s.ask("POST", "/late/keep-connection");
    CHECK(response.status == 504);
    CHECK(response.body == "\"timeout\"");
}

TEST_CASE("a caller can tighten the timeout") {
    served s;
    http::fields headers;
    headers.add("x-timeout", "0.05");
    const auto response = s.wait(s.send("POST", "/waits/keep-connection", "", headers));
    CHECK(response.status == 504);
    CHECK(response.body == "\"timeout\"");
}

TEST_CASE("a caller cannot loosen the timeout") {
    served s;
    http::fields headers;
    headers.add("X-Timeout", "86400");
    CHECK(s.wait(s.send("POST", "/late/keep-connection", "", headers)).status == 504);
}

TEST_CASE("a timeout that is no number of seconds is refused") {
    served s;
    for (const char* path : {"/greet", "/greet/keep-connection"}) {
        http::fields headers;
        headers.add("X-Timeout", "soon");
        const auto response = s.wait(s.send("POST", path, "", headers));
        CHECK(response.status == 400);
        CHECK(header(response, "Content-Type") == "application/problem+json");
        CHECK(response.body.text().find("X-Timeout is not a number of seconds above 0") !=
              std::string::npos);
    }
    CHECK(s.get("/task/list/greet").body == "[]");
}

TEST_CASE("a terminated call that keeps the connection is 500") {
    served s;
    const auto answer = s.send("POST", "/multi/keep-connection");
    CHECK(!answer->has_value());
    s.ask("POST", "/terminate/function/multi");
    const auto response = s.wait(answer);
    CHECK(response.status == 500);
    CHECK(response.body == "\"Manual Termination\"");
}

TEST_CASE("functions are called with POST only") {
    served s;
    for (const char* path : {"/addition", "/addition/keep-connection"}) {
        const auto response = s.get(path);
        CHECK(response.status == 405);
        CHECK(header(response, "Allow") == "POST, OPTIONS");
    }
}
