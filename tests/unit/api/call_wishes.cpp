/// Calls whose clients say how long they wait, and calls that are sent again.
#include <restful_functions/api/call_routes.hpp>

#include "../text_parts.hpp"
#include "served.hpp"

using namespace test;

namespace {

http::fields with(std::string name, std::string value) {
    http::fields headers;
    headers.add(std::move(name), std::move(value));
    return headers;
}

http::response prefer(served& s, const std::string& target, const std::string& preference,
                      const std::string& body = "") {
    return s.wait(s.send("POST", target, body, with("Prefer", preference)));
}

http::response keyed(served& s, const std::string& target, const std::string& key,
                     const std::string& body) {
    return s.wait(s.send("POST", target, body, with("Idempotency-Key", key)));
}

const std::string sum = R"({"x": 3, "y": 6})";

}  // namespace

TEST_CASE("respond-async gets 202 and the task on either route") {
    served s;
    for (const char* target : {"/multi", "/multi/keep-connection"}) {
        const auto response = prefer(s, target, "respond-async");
        CHECK(response.status == 202);
        CHECK(header(response, "Preference-Applied") == "respond-async");
        CHECK(response.body.text().starts_with("{\"task_id\": "));
        CHECK(contains(response.body.text(), "\"RUNNING\""));
        const std::string where = header(response, "Location");
        CHECK(where.starts_with(std::string_view(target) == "/multi" ? "task/" : "../task/"));
        CHECK(s.get("/" + where.substr(where.find("task/"))).status == 200);
    }
}

TEST_CASE("wait gets the result that is there in time, on either route") {
    served s;
    for (const char* target : {"/addition", "/addition/keep-connection"}) {
        const auto response = prefer(s, target, "wait=60", sum);
        CHECK(response.status == 200);
        CHECK(response.body == "9");
        CHECK(header(response, "Preference-Applied") == "wait=60");
        s.wait_until_idle();
    }
    CHECK(prefer(s, "/throws", "respond-async, wait=60").status == 500);
}

TEST_CASE("wait gets 202 when the result is not there in time, and the task goes on") {
    served s;
    const auto response = prefer(s, "/multi/keep-connection", "wait=1");
    CHECK(response.status == 202);
    CHECK(header(response, "Preference-Applied") == "wait=1");
    const std::string where = header(response, "Location");
    CHECK(contains(s.get("/" + where.substr(where.find("task/"))).body.text(), "\"RUNNING\""));
    CHECK(prefer(s, "/multi", "wait=0").status == 202);
}

TEST_CASE("a preference that is not known changes nothing") {
    served s;
    const auto response = prefer(s, "/addition/keep-connection", "return=minimal", sum);
    CHECK(response.body == "9");
    CHECK(header(response, "Preference-Applied").empty());
}

TEST_CASE("a refused call is refused whatever its client prefers") {
    served s;
    CHECK(prefer(s, "/addition", "wait=5", "{}").status == 400);
    s.start("multi");
    s.start("multi");
    CHECK(prefer(s, "/multi", "wait=5").status == 429);
}

TEST_CASE("a call that is sent again with its key runs once") {
    served s;
    const auto first = keyed(s, "/addition", "\"k-1\"", sum);
    CHECK(header(first, "Idempotent-Replayed").empty());
    s.wait_until_idle();
    const auto again = keyed(s, "/addition", "\"k-1\"", sum);
    CHECK(again.status == 200);
    CHECK(again.body == first.body.text());
    CHECK(header(again, "Location") == header(first, "Location"));
    CHECK(header(again, "Idempotent-Replayed") == "true");
    CHECK(keyed(s, "/addition/keep-connection", "k-1", sum).body == "9");
    CHECK(prefer(s, "/addition", "wait=9", sum).body == "9");
    CHECK(keyed(s, "/addition", "k-2", sum).body != first.body.text());
}

TEST_CASE("a call that is sent again while it runs is waited for") {
    served s;
    const auto first = s.send("POST", "/waits/keep-connection", "", with("Idempotency-Key", "k"));
    const auto again = s.send("POST", "/waits/keep-connection", "", with("Idempotency-Key", "k"));
    CHECK(s.get("/function/running-count/waits").body == "1");
    s.ask("POST", "/terminate/function/waits");
    CHECK(s.wait(first).body == "\"Manual Termination\"");
    CHECK(s.wait(again).body == "\"Manual Termination\"");
}

TEST_CASE("a key that was used for another call is refused") {
    served s;
    keyed(s, "/addition", "k", sum);
    for (const auto& response :
         {keyed(s, "/addition", "k", R"({"x": 3, "y": 7})"), keyed(s, "/greet", "k", "")}) {
        CHECK(response.status == 422);
        CHECK(header(response, "Content-Type") == "application/problem+json");
    }
}

TEST_CASE("the key of a call that was refused is free") {
    served s;
    CHECK(keyed(s, "/addition", "k", "{}").status == 400);
    CHECK(keyed(s, "/addition", "k", sum).status == 200);
    s.start("multi");
    s.start("multi");
    CHECK(keyed(s, "/multi", "l", "").status == 429);
    s.ask("POST", "/terminate/function/multi");
    CHECK(keyed(s, "/multi", "l", "").status == 200);
}

TEST_CASE("a key whose task is forgotten says so") {
    auto options = few_processes();
    options.results.max_finished_tasks = 0;
    served s(options);
    keyed(s, "/addition", "k", sum);
    s.wait_until_idle();
    CHECK(keyed(s, "/addition", "k", sum).status == 410);
}

TEST_CASE("a malformed key is refused") {
    served s;
    CHECK(keyed(s, "/addition", "", sum).status == 400);
    CHECK(keyed(s, "/addition", "a b", sum).status == 400);
    CHECK(s.get("/task/list").body == "[]");
}
