#include <restful_functions/api/health_routes.hpp>

#include "served.hpp"

#include <csignal>

using namespace test;

TEST_CASE("a server that serves is live, and ready once a process waits") {
    served s;
    CHECK(s.get("/health/live").body == R"({"status": "live"})");
    const auto ready = s.follow("/health/ready", [](const std::string& body) {
        return body.starts_with(R"({"status": "ready")");
    });
    CHECK(ready.status == 200);
    CHECK(header(ready, "Cache-Control") == "no-store");
    CHECK(ready.body.text().ends_with(R"("max_processes": 8})"));
}

TEST_CASE("a server is saturated when as many calls run and wait as may") {
    served s(one_process(1));
    s.start("waits");
    CHECK(s.get("/health/ready").status != 429);
    s.start("waits");
    const auto full = s.get("/health/ready");
    CHECK(full.status == 429);
    CHECK(full.body.text().starts_with(R"({"status": "saturated", "running": 1, "waiting": 1)"));
    CHECK(header(full, "Retry-After") == "1");
    s.ask("POST", "/terminate/function/waits");
    s.follow("/health/ready",
             [](const std::string& body) { return body.find("\"ready\"") != body.npos; });
}

TEST_CASE("a server that is about to end is live and not ready") {
    served s;
    s.service.drain();
    CHECK(s.get("/health/live").status == 200);
    const auto draining = s.get("/health/ready");
    CHECK(draining.status == 503);
    CHECK(draining.body.text().starts_with(R"({"status": "draining")"));
}
