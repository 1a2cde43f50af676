/// The transport without sockets.
#include <restful_functions/transport/in_process.hpp>

#include "fake_service.hpp"

#include <doctest/doctest.h>

#include <chrono>

namespace transport = restful_functions::transport;
using namespace std::chrono_literals;

TEST_CASE("a response that is there at once is returned") {
    fake_service service;
    transport::in_process functions(service);
    CHECK(functions.send("POST", "/a", "{}").body == "POST /a {}");
    CHECK(service.dispatches == 0);
}

TEST_CASE("a response that comes later is waited for") {
    fake_service service;
    transport::in_process functions(service);
    service.answer_next();
    CHECK(functions.send("GET", "/later").body == "GET /later ");
    CHECK(service.dispatches == 1);
}

TEST_CASE("the response to HEAD has no body, and none is made") {
    fake_service service;
    transport::in_process functions(service);
    CHECK(functions.send("HEAD", "/a").body.empty());
    CHECK(functions.send("HEAD", "/stream").stream == nullptr);
    CHECK_FALSE(service.stream->is_open());
}

TEST_CASE("the service is dispatched at its deadline") {
    fake_service service;
    transport::in_process functions(service);
    service.deadline = fake_service::clock::now() + 5ms;
    while (service.deadline) functions.step();
    CHECK(service.dispatches > 0);
}
