#include <restful_functions/http/server_sent_event.hpp>

#include <doctest/doctest.h>

namespace http = restful_functions::http;

TEST_SUITE_BEGIN("http/server_sent_event");

TEST_CASE("an event is its fields and an empty line") {
    CHECK(http::server_sent_event("1-2", "log", "{}") == "id: 1-2\nevent: log\ndata: {}\n\n");
    CHECK(http::server_sent_event("", "reset", "[]") == "event: reset\ndata: []\n\n");
}

TEST_SUITE_END();
