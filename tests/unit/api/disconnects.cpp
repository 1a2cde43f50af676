/// Calls whose clients go before the answer is there, and answers to what never became a request.
#include <restful_functions/api/service.hpp>

#include "../text_parts.hpp"
#include "served.hpp"

using namespace test;

namespace {

const auto here = [] { return std::make_shared<http::client_watch>(); };

http::fields field_of(const char* name, const char* value) {
    http::fields headers;
    headers.add(name, value);
    return headers;
}

}  // namespace

TEST_CASE("calls whose clients have gone make room for others") {
    served s;
    std::vector<std::shared_ptr<http::client_watch>> clients;
    for (int i = 0; i < 3; ++i) {
        clients.push_back(here());
        s.call_of(clients.back(), "/devoted/keep-connection");
    }
    CHECK(s.get("/function/running-count/devoted").body == "1");
    for (const auto& each : clients) CHECK(each->leave());
    s.wait_until_idle();
    const std::string tasks = s.get("/task/list/devoted").body.text();
    CHECK(contains(
        tasks, R"("status": "FAILED", "result": "Client Disconnected", "outcome": "terminated")"));
    CHECK(!contains(tasks, "RUNNING"));
}

TEST_CASE("a client that half-closes and goes on reading is told why the call has ended") {
    served s;
    const auto client = here();
    const auto answer = s.call_of(client, "/devoted/keep-connection");
    client->leave();
    const auto response = s.wait(answer);
    CHECK(response.status == 500);
    CHECK(response.body == "\"Client Disconnected\"");
}

TEST_CASE("a call goes on whose function does not say so, or whose client can come back") {
    served s;
    const auto client = here();
    s.call_of(client, "/waits/keep-connection");
    CHECK(!client->leave());
    s.call_of(client, "/devoted");
    CHECK(!client->leave());
    s.call_of(client, "/devoted/keep-connection", field_of("Idempotency-Key", "\"k\""));
    CHECK(!client->leave());
    s.call_of(client, "/devoted/keep-connection", field_of("Prefer", "wait=60"));
    CHECK(!client->leave());
    s.service.kill_all();
    s.wait_until_idle();
}

TEST_CASE("a call that waits longer than its client ends with 504 and never runs") {
    served s;
    s.start("patient");
    const auto response =
        s.wait(s.send("POST", "/patient/keep-connection", "", field_of("X-Timeout", "0.02")));
    CHECK(response.status == 504);
    CHECK(contains(s.get("/task/list/patient").body.text(),
                   R"("status": "TIMEOUT", "result": "timeout")"));
    CHECK(contains(s.get("/metrics").body.text(),
                   R"(call_duration_seconds_count{function="patient"} 0)"));
}

TEST_CASE("nobody waits for a task whose client has gone") {
    served s;
    const std::string id = s.start("waits");
    std::vector<std::shared_ptr<http::client_watch>> clients;
    std::vector<std::shared_ptr<std::optional<http::response>>> answers;
    const auto come = [&](const std::string& target, http::fields headers, const char* method) {
        clients.push_back(here());
        answers.push_back(s.call_of(clients.back(), target, std::move(headers), method));
    };
    s.call_of(here(), "/waits/keep-connection", field_of("Idempotency-Key", "k"));
    come("/task/wait/" + id, {}, "GET");
    come("/waits/keep-connection", field_of("Prefer", "wait=86400"), "POST");
    come("/waits/keep-connection", field_of("Idempotency-Key", "k"), "POST");
    for (std::size_t i = 0; i < clients.size(); ++i) {
        CAPTURE(i);
        CHECK(!clients[i]->leave());  // it sends no more, and may still read
        CHECK(!*answers[i]);
        CHECK(clients[i]->close());
        REQUIRE(*answers[i]);
        CHECK((*answers[i])->status == 499);
    }
    come("/waits/keep-connection", {}, "POST");
    CHECK(clients.back()->close());
    CHECK((*answers.back()).value().status == 499);
    CHECK(s.get("/function/running-count/waits").body == "4");
    s.service.kill_all();
    s.wait_until_idle();
}

TEST_CASE("clients that have gone leave room for others who wait") {
    served s;
    const std::string id = s.start("waits");
    for (std::size_t i = 0; i <= api::waiting_room::most; ++i) {
        const auto client = here();
        s.call_of(client, "/task/wait/" + id, {}, "GET");
        client->close();
    }
    const auto last = s.call_of(here(), "/task/wait/" + id, {}, "GET");
    s.service.kill_all();
    CHECK(s.wait(last).status == 200);
    s.wait_until_idle();
}

TEST_CASE("what never became a request is answered, counted and readable as everything else") {
    auto options = few_processes();
    options.access.allowed_origins = {"https://app.example"};
    served s(std::move(options));
    http::request known;
    known.method = "POST";
    known.target = "/mirror";
    known.headers = field_of("Origin", "https://app.example");
    std::optional<http::response> answer;
    s.service.refuse(std::move(known), {413, "the body is too large"},
                     [&](http::response&& given) { answer = std::move(given); });
    REQUIRE(answer);
    CHECK(answer->status == 413);
    CHECK(header(*answer, "Content-Type") == "application/problem+json");
    CHECK(header(*answer, "Access-Control-Allow-Origin") == "https://app.example");
    CHECK(contains(s.get("/metrics").body.text(),
                   R"(http_requests_total{method="POST",code="413"} 1)"));
    s.service.refuse({}, {408, "too late"}, [](http::response&&) {});
    CHECK(contains(s.get("/metrics").body.text(),
                   R"(http_requests_total{method="other",code="408"} 1)"));
}

TEST_CASE("references hold below a path that a proxy puts before them") {
    served s;
    const auto started = s.ask("POST", "/mirror", R"({"image": "YQ=="})");
    const std::string where = header(started, "Location");
    CHECK(where.starts_with("task/info/"));
    const std::string id = where.substr(std::string_view("task/info/").size());
    s.end_of(id);
    const auto href = [&](const std::string& root) {
        return R"("href": ")" + root + "task/result/" + id + '"';
    };
    CHECK(contains(s.get("/task/info/" + id).body.text(), href("../../")));
    CHECK(contains(s.get("/task/wait/" + id).body.text(), href("../../")));
    CHECK(contains(s.get("/task/list").body.text(), href("../")));
    CHECK(contains(s.get("/task/list/mirror").body.text(), href("../../")));
    CHECK(contains(s.get("/openapi.json").body.text(), R"("servers": [{"url": "."}])"));
    CHECK(contains(s.wait(s.send("GET", "/", "", field_of("Accept", "text/html"))).body.text(),
                   R"(src="console/main.js")"));
}
