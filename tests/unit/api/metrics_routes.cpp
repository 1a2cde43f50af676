#include <restful_functions/api/metrics_routes.hpp>

#include "served.hpp"

using namespace test;

namespace {

bool has_metric(const std::string& text, const std::string& line) {
    return text.find("restful_functions_" + line + "\n") != text.npos;
}

}  // namespace

TEST_CASE("calls are counted by function and outcome, and measured") {
    served s;
    for (int i = 0; i < 3; ++i) s.ask("POST", "/addition/keep-connection", R"({"x": 1, "y": 2})");
    s.ask("POST", "/throws/keep-connection");
    s.ask("POST", "/addition", "{}");
    s.start("waits");
    for (int i = 0; i < 3; ++i) s.start("patient");
    const auto response = s.follow("/metrics", [](const std::string& text) {
        return has_metric(text, R"(call_peak_memory_bytes_count{function="addition"} 3)");
    });
    CHECK(header(response, "Content-Type") == "text/plain; version=0.0.4; charset=utf-8");
    const std::string text = response.body.text();
    CHECK(has_metric(text, R"(calls_total{function="addition",outcome="returned"} 3)"));
    CHECK(has_metric(text, R"(calls_total{function="addition",outcome="threw"} 0)"));
    CHECK(has_metric(text, R"(calls_total{function="throws",outcome="threw"} 1)"));
    CHECK(has_metric(text, R"(call_duration_seconds_count{function="addition"} 3)"));
    CHECK(has_metric(text, R"(call_duration_seconds_bucket{function="addition",le="86400"} 3)"));
    CHECK(has_metric(text, R"(call_queue_wait_seconds_count{function="throws"} 1)"));
    CHECK(has_metric(text, R"(calls_running{function="waits"} 1)"));
    CHECK(has_metric(text, R"(calls_queued{function="patient"} 2)"));
    CHECK(has_metric(text, R"(http_requests_total{method="POST",code="400"} 1)"));
    CHECK(has_metric(text, R"(http_requests_total{method="POST",code="500"} 1)"));
    CHECK(has_metric(text, R"(processes{state="running"} 2)"));
    CHECK(has_metric(text, "processes_max 8"));
    CHECK(has_metric(text, "connections 0"));
}

TEST_CASE("connections are counted while they are open") {
    served s;
    s.service.connection_opened();
    s.service.connection_opened();
    s.service.connection_closed();
    CHECK(has_metric(s.get("/metrics").body.text(), "connections 1"));
}
