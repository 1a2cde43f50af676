#include <restful_functions/api/log_routes.hpp>

#include "served.hpp"

using namespace test;

namespace {

std::string offset_and_size(const http::response& response) {
    return header(response, "Log-Offset") + " of " + header(response, "Log-Size");
}

}  // namespace

TEST_CASE("the log of a finished call is complete, its standard error included") {
    served s;
    const auto id = s.start("prints", "{\"lines\": 3}");
    s.wait_until_idle();
    const auto log = s.get("/task/log/" + id);
    CHECK(log.status == 200);
    CHECK(header(log, "Content-Type") == "text/plain; charset=utf-8");
    CHECK(log.body == "line 0\nline 1\nline 2\nthat is all\n");
    CHECK(offset_and_size(log) == "0 of 33");
    CHECK(s.get("/task/log/" + id).body == log.body.text());
    CHECK(s.info(id).ends_with("\"log\": {\"bytes\": 33}}"));
}

TEST_CASE("a log is read from where the reader wants") {
    served s;
    const auto id = s.start("prints", "{\"lines\": 3}");
    s.wait_until_idle();
    const auto rest = s.get("/task/log/" + id + "?offset=21");
    CHECK(rest.body == "that is all\n");
    CHECK(offset_and_size(rest) == "21 of 33");
    for (const char* end : {"33", "1000"}) {
        const auto nothing = s.get("/task/log/" + id + "?offset=" + end);
        CHECK(nothing.body == "");
        CHECK(offset_and_size(nothing) == "33 of 33");
    }
}

TEST_CASE("of a long log the last bytes are kept, and an older offset begins with them") {
    auto options = few_processes();
    options.executor.log_bytes = 100;
    served s(options);
    const auto id = s.start("prints", "{\"lines\": 1000}");
    s.wait_until_idle();
    for (const char* query : {"", "?offset=5"}) {
        const auto log = s.get("/task/log/" + id + query);
        CHECK(log.body.size() == 100);
        CHECK(log.body.text().ends_with("line 999\nthat is all\n"));
        CHECK(offset_and_size(log) == "8802 of 8902");
    }
}

TEST_CASE("a log can be followed while the call runs") {
    served s;
    const auto id = s.start("reports");
    const std::string line = "of " + id + "\n";
    const auto log = s.follow("/task/log/" + id, [&](const auto& text) { return text == line; });
    CHECK(offset_and_size(log) == "0 of 40");
    CHECK(s.get("/task/log/" + id + "?offset=40").body == "");
    CHECK(s.info(id).find("\"status\": \"RUNNING\"") != std::string::npos);
    CHECK(s.info(id).ends_with("\"log\": {\"bytes\": 40}}"));
}

TEST_CASE("what a call printed before it was ended is kept") {
    served s;
    const auto id = s.start("reports");
    s.follow("/task/log/" + id, [](const auto& text) { return !text.empty(); });
    s.ask("POST", "/terminate/task/" + id);
    CHECK(s.get("/task/log/" + id).body == "of " + id + "\n");
}

TEST_CASE("a character whose rest is not printed yet is not in the log yet") {
    served s;
    const auto id = s.start("pieces", "{\"rest\": 1}");
    s.follow("/task/info/" + id,
             [](const auto& text) { return text.ends_with("\"log\": {\"bytes\": 5}}"); });
    const auto log = s.get("/task/log/" + id);
    CHECK(log.body == "€");
    CHECK(offset_and_size(log) == "0 of 3");
    s.ask("POST", "/terminate/task/" + id);
    CHECK(s.get("/task/log/" + id + "?offset=3").body == "€");
    CHECK(s.get("/task/log/" + id).body == "€€");
}

TEST_CASE("a character that never got its rest is in the log when the call has ended") {
    served s;
    const auto id = s.start("pieces", "{\"rest\": 0}");
    s.follow("/task/info/" + id,
             [](const auto& text) { return text.ends_with("\"log\": {\"bytes\": 5}}"); });
    s.ask("POST", "/terminate/task/" + id);
    const auto log = s.get("/task/log/" + id);
    CHECK(log.body == "€\xE2\x82");
    CHECK(offset_and_size(log) == "0 of 5");
}

TEST_CASE("a log whose beginning is lost begins with a whole character") {
    auto options = few_processes();
    options.executor.log_bytes = 100;
    served s(options);
    const auto id = s.start("euros", "{\"count\": 100}");
    s.wait_until_idle();
    const auto log = s.get("/task/log/" + id);
    CHECK(log.body.size() == 99);
    CHECK(log.body.text().starts_with("€"));
    CHECK(offset_and_size(log) == "201 of 300");
    CHECK(s.get("/task/log/" + id + "?offset=202").body.text().starts_with("\x82"));
}

TEST_CASE("the log of a call that waits, or that prints nothing, is empty") {
    served s;
    s.start("patient");
    const auto waits = s.start("patient");
    const auto silent = s.start("greet");
    for (const auto& id : {waits, silent}) {
        const auto log = s.get("/task/log/" + id);
        CHECK(log.status == 200);
        CHECK(log.body == "");
        CHECK(offset_and_size(log) == "0 of 0");
        CHECK(s.info(id).find("\"log\"") == std::string::npos);
    }
}

TEST_CASE("an offset that is no number is refused") {
    served s;
    const auto id = s.start("greet");
    for (const char* offset : {"", "-1", "1.5", "0x10", "ten", "18446744073709551616"}) {
        CAPTURE(offset);
        CHECK(s.get("/task/log/" + id + "?offset=" + offset).status == 400);
    }
}

TEST_CASE("the log of a task that is forgotten is 404") {
    auto options = few_processes();
    options.results.max_finished_tasks = 0;
    served s(options);
    const auto id = s.start("prints", "{\"lines\": 1}");
    s.wait_until_idle();
    CHECK(s.get("/task/log/" + id).status == 404);
}
