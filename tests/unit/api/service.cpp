#include "served.hpp"

using namespace test;

TEST_CASE("a service is idle when no task runs") {
    served s;
    CHECK(s.service.idle());
    const auto id = s.start("multi");
    CHECK(!s.service.idle());
    s.ask("POST", "/terminate/task/" + id);
    CHECK(s.service.idle());
}

TEST_CASE("a draining service finishes what runs, answers what is asked, and takes no calls") {
    served s;
    const auto answer = s.send("POST", "/late/keep-connection");
    s.service.drain();
    const auto refused = s.ask("POST", "/addition", "{\"x\":3, \"y\":6}");
    CHECK(refused.status == 503);
    CHECK(refused.close);
    CHECK(header(refused, "Retry-After") == "1");
    CHECK(header(refused, "Content-Type") == "application/problem+json");
    CHECK(s.get("/function/running-count/late").body == "1");
    CHECK(s.wait(answer).status == 504);
    CHECK(s.service.idle());
}

TEST_CASE("a long answer is packed while it is sent, and HEAD has its fields alone") {
    if (http::known_codings.size() == 0) return;
    served s;
    const std::string id = s.start("large", R"({"bytes": 1000000})");
    s.wait_until_idle();
    const std::initializer_list<field> packed{{"Accept-Encoding", "gzip, zstd"}};
    const auto answer = ask_as(s, "GET", "/task/info/" + id, packed);
    CHECK(!header(answer, "Content-Encoding").empty());
    CHECK(answer.body.empty());
    REQUIRE(answer.stream);
    std::size_t size = 0;
    while (!answer.stream->is_done()) size += answer.stream->take().size();
    CHECK(size < 10'000);
    const auto head = ask_as(s, "HEAD", "/task/info/" + id, packed);
    CHECK(header(head, "Content-Encoding") == header(answer, "Content-Encoding"));
    CHECK(header(head, "Vary") == "Accept-Encoding");
    REQUIRE(head.stream);
    CHECK(head.stream->take().empty());
}

TEST_CASE("everything that runs can be terminated") {
    served s;
    const auto first = s.send("POST", "/multi/keep-connection");
    const auto second = s.send("POST", "/waits/keep-connection");
    s.service.terminate_all();
    CHECK(s.wait(first).body == "\"Manual Termination\"");
    CHECK(s.wait(second).body == "\"Manual Termination\"");
    CHECK(s.service.idle());
}

TEST_CASE("everything can be killed, also what ignores SIGTERM and has grace left") {
    served s;
    const auto stubborn = s.send("POST", "/slow_to_leave/keep-connection");
    const auto waiting = s.send("POST", "/patient/keep-connection");
    const auto queued = s.send("POST", "/patient/keep-connection");
    s.service.terminate_all();
    s.service.kill_all();
    for (const auto& answer : {stubborn, waiting, queued}) {
        CHECK(s.wait(answer).body == "\"Manual Termination\"");
    }
    CHECK(s.service.idle());
}

TEST_CASE("a draining service runs the calls that wait, too") {
    served s;
    const auto first = s.send("POST", "/orderly/keep-connection", "{\"number\": 1}");
    const auto second = s.send("POST", "/orderly/keep-connection", "{\"number\": 2}");
    s.service.drain();
    CHECK(!s.service.idle());
    CHECK(s.wait(first).body == "1");
    CHECK(s.wait(second).body == "2");
    CHECK(s.service.idle());
}

TEST_CASE("whoever gets an answer may ask again from within it") {
    served s;
    std::optional<http::response> last;
    http::request call;
    call.method = "POST";
    call.target = "/addition/keep-connection";
    call.body = "{\"x\":3, \"y\":6}";
    s.service.handle(http::request(call), [&](http::response&& first) {
        CHECK(first.body == "9");
        s.service.handle(http::request(call), [&](http::response&& second) { last = second; });
    });
    s.drive_until([&] { return last.has_value(); });
    CHECK(last->body == "9");
}

TEST_CASE("a crash leaves the other calls alone") {
    served s;
    const auto running = s.send("POST", "/waits/keep-connection");
    CHECK(s.ask("POST", "/crashes/keep-connection").status == 500);
    CHECK(s.ask("POST", "/addition/keep-connection", "{\"x\":3, \"y\":6}").body == "9");
    CHECK(!running->has_value());
}

TEST_CASE("an argument at which a codec throws is refused") {
    served s;
    const auto response = s.ask("POST", "/addition", "{\"x\": null, \"y\": 6}");
    CHECK(response.status == 400);
    CHECK(response.body.text().find("a codec of the user's threw") != std::string::npos);
    CHECK(s.service.idle());
}

TEST_CASE("results are forgotten after their time") {
    auto options = few_processes();
    options.results.result_ttl = std::chrono::milliseconds(1);
    served s(options);
    const auto id = s.start("greet");
    s.wait_until_idle();
    s.drive_until([&] { return s.get("/task/info/" + id).status == 404; });
    CHECK(s.get("/task/list/greet").body == "[]");
}

TEST_CASE("a service that keeps no results still answers with them") {
    auto options = few_processes();
    options.results.max_finished_tasks = 0;
    served s(options);
    CHECK(s.ask("POST", "/addition/keep-connection", "{\"x\":3, \"y\":6}").body == "9");
    CHECK(s.get("/task/list/addition").body == "[]");
}

TEST_CASE("results that clients have got make room before results that they have not") {
    auto options = few_processes();
    options.results.max_finished_tasks = 3;
    served s(options);
    const auto finished = [&] {
        const auto id = s.start("greet");
        s.wait_until_idle();
        return id;
    };
    const auto first = finished();
    const auto shown = finished();
    const auto read = finished();
    CHECK(s.get("/task/info/" + shown).status == 200);
    CHECK(s.get("/task/result/" + read).status == 200);
    CHECK(s.ask("HEAD", "/task/result/" + first).status == 200);
    for (int call = 0; call < 3; ++call)
        CHECK(s.ask("POST", "/addition/keep-connection", "{\"x\":3, \"y\":6}").status == 200);
    CHECK(s.get("/task/info/" + shown).status == 404);
    CHECK(s.get("/task/info/" + read).status == 404);
    CHECK(s.get("/task/info/" + first).status == 200);
}
