/// What a client of the HTTP transport sees, over loopback.
#include <restful_functions/transport/asio_http.hpp>

#include "../text_parts.hpp"
#include "client.hpp"
#include "fake_service.hpp"

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/local/stream_protocol.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>

namespace transport = restful_functions::transport;
using namespace std::chrono_literals;

namespace {

using tcp_server = transport::asio_http<asio::ip::tcp, fake_service>;

struct http_fixture {
    explicit http_fixture(transport::http_options options = {}, const char* host = "127.0.0.1")
        : http(loop, service, {host, 0}, options) {}

    client connect() { return client(loop, http.port()); }

    asio::io_context loop{1};
    fake_service service;
    tcp_server http;
};

/// A client that waits for its answer, and whether the handler of its request has heard it leave.
struct departure_fixture : http_fixture {
    departure_fixture() {
        c.send(get("/later"));
        run_until(loop, [&] { return service.clients.size() == 1; });
        service.clients.front()->on_leave([&] { has_left = true; });
    }

    client c = connect();
    bool has_left = false;
};

std::string post(const std::string& target, const std::string& body,
                 const std::string& fields = "") {
    return "POST " + target +
           " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
           fields + "\r\n" + body;
}

}  // namespace

TEST_CASE("a request is answered, and the connection goes on") {
    http_fixture server;
    client c = server.connect();
    c.send(get("/a"));
    const std::string first = c.receive();
    CHECK(first.starts_with("HTTP/1.1 200 OK\r\nDate: "));
    CHECK(body_of(first) == "GET /a ");
    c.send(post("/b", "{}"));
    CHECK(body_of(c.receive()) == "POST /b {}");
    CHECK(server.http.connections() == 1);
}

TEST_CASE("a request may come in any pieces") {
    http_fixture server;
    client c = server.connect();
    for (const char byte : post("/a", "hello")) {
        c.send({&byte, 1});
        server.loop.poll();
    }
    CHECK(body_of(c.receive()) == "POST /a hello");
}

TEST_CASE("pipelined requests are answered in their order, one at a time") {
    http_fixture server;
    client c = server.connect();
    c.send(get("/later/1") + get("/2") + post("/later/3", "x") + get("/4"));
    run_until(server.loop, [&] { return server.service.waiting.size() == 1; });
    server.loop.poll();
    CHECK(server.service.requests == 1);
    server.service.answer_next();
    CHECK(body_of(c.receive()) == "GET /later/1 ");
    CHECK(body_of(c.receive()) == "GET /2 ");
    run_until(server.loop, [&] { return server.service.waiting.size() == 1; });
    CHECK(server.service.requests == 3);
    server.service.answer_next();
    CHECK(body_of(c.receive()) == "POST /later/3 x");
    CHECK(body_of(c.receive()) == "GET /4 ");
}

TEST_CASE("who sends many requests in one go has them served in turn with other clients") {
    http_fixture server;
    client many = server.connect();
    client one = server.connect();
    std::string flood;
    for (int i = 0; i < 200; ++i) flood += get("/flood");
    many.send(flood);
    one.send(get("/one"));
    run_until(server.loop, [&] { return one.has_data(); });
    CHECK(server.service.requests < 20);
    CHECK(body_of(one.receive()) == "GET /one ");
    for (int i = 0; i < 200; ++i) REQUIRE(body_of(many.receive()) == "GET /flood ");
}

TEST_CASE("a client that sends on while it waits is read up to a bound, and served in the end") {
    http_fixture server;
    client c = server.connect();
    c.send(get("/later"));
    run_until(server.loop, [&] { return server.service.waiting.size() == 1; });
    std::string flood;
    while (flood.size() < 1'000'000) flood += get("/flood");
    const std::size_t expected = flood.size() / get("/flood").size();
    std::string_view unsent = flood;
    while (const std::size_t sent = c.send_what_fits(unsent)) {
        unsent.remove_prefix(sent);
        server.loop.poll();
    }
    CHECK(server.service.requests == 1);
    server.service.answer_next();
    CHECK(body_of(c.receive()) == "GET /later ");
    const std::size_t whole = (flood.size() - unsent.size()) / get("/flood").size();
    for (std::size_t i = 0; i < whole; ++i) REQUIRE(body_of(c.receive()) == "GET /flood ");
    c.send(unsent);
    for (std::size_t i = whole; i < expected; ++i) REQUIRE(body_of(c.receive()) == "GET /flood ");
}

TEST_CASE("large bodies go both ways") {
    http_fixture server;
    client c = server.connect();
    const std::string large(8 * 1024 * 1024, 'x');
    c.send(post("/large", large));
    const std::string answer = c.receive();
    CHECK(body_of(answer) == "POST /large " + large);
    c.send(get("/small"));
    CHECK(body_of(c.receive()) == "GET /small ");
}

TEST_CASE("a client that waits for it is told to continue") {
    http_fixture server;
    client c = server.connect();
    c.send("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    CHECK(c.receive() == "HTTP/1.1 100 Continue\r\n\r\n");
    c.send("{}");
    CHECK(body_of(c.receive()) == "POST /a {}");
}

TEST_CASE("HEAD is answered with the length of the body and without it") {
    http_fixture server;
    client c = server.connect();
    c.send("HEAD /a HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(contains(c.receive(true), "Content-Length: 8\r\n"));
    c.send(get("/b"));
    CHECK(body_of(c.receive()) == "GET /b ");
}

TEST_CASE("the connection goes on or ends as the client's version and wish say") {
    http_fixture server;
    client c = server.connect();
    SUBCASE("HTTP/1.1 goes on by itself") {
        c.send(get("/a"));
        CHECK_FALSE(contains(c.receive(), "Connection:"));
        c.send(get("/b"));
        CHECK(body_of(c.receive()) == "GET /b ");
    }
    SUBCASE("HTTP/1.1 ends when asked to") {
        c.send(get("/a", "Connection: close\r\n") + get("/b"));
        const std::string all = c.receive_all();
        CHECK(contains(all, "Connection: close\r\n"));
        CHECK(body_of(all) == "GET /a ");
    }
    SUBCASE("HTTP/1.0 ends by itself") {
        c.send("GET /a HTTP/1.0\r\n\r\n");
        CHECK(contains(c.receive_all(), "Connection: close\r\n"));
    }
    SUBCASE("HTTP/1.0 goes on when asked to") {
        c.send("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
        CHECK(contains(c.receive(), "Connection: keep-alive\r\n"));
        c.send(get("/b"));
        CHECK(body_of(c.receive()) == "GET /b ");
    }
}

TEST_CASE("a malformed request is refused once, and the connection ends") {
    http_fixture server;
    client c = server.connect();
    c.send(get("/a") + "GET / HTTP/1.1\r\n\r\n" + get("/b"));
    CHECK(body_of(c.receive()) == "GET /a ");
    const std::string refusal = c.receive_all();
    CHECK(status_of(refusal) == "400");
    CHECK(contains(refusal, "Content-Type: application/problem+json\r\n"));
    CHECK(contains(refusal, "Connection: close\r\n"));
    CHECK(contains(refusal, "Host field is missing"));
    CHECK(server.service.requests == 1);
}

TEST_CASE("a body that is too large is refused before it comes") {
    transport::http_options options;
    options.limits.max_body_bytes = 10;
    http_fixture server(options);
    client c = server.connect();
    c.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\nExpect: 100-continue\r\n\r\n");
    CHECK(status_of(c.receive()) == "413");
}

TEST_CASE(
    "a large body is refused while others fill the memory for bodies, and a small one is not") {
    transport::http_options options;
    options.limits.max_body_bytes = options.max_incoming_bytes = 1'000'000;
    http_fixture server(options);
    const std::string body(600'000, 'x');
    client holder = server.connect();
    holder.send(post("/held", body).substr(0, 600'000));
    while (server.loop.poll() > 0) {
    }
    {
        client other = server.connect();
        other.send(post("/large", body));
        const std::string refusal = other.receive_all();
        CHECK(status_of(refusal) == "503");
        CHECK(contains(refusal, "no room for another large body"));
    }
    client modest = server.connect();
    modest.send(post("/small", body.substr(0, 60'000)));
    CHECK(body_of(modest.receive()) == "POST /small " + body.substr(0, 60'000));
    SUBCASE("until they are there") {
        holder.send(post("/held", body).substr(600'000));
        CHECK(body_of(holder.receive()) == "POST /held " + body);
    }
    SUBCASE("until their clients go") {
        holder.reset();
        run_until(server.loop, [&] { return server.http.connections() == 1; });
    }
    modest.send(post("/large", body));
    CHECK(body_of(modest.receive()) == "POST /large " + body);
}

TEST_CASE("a response that comes twice answers no other request") {
    http_fixture server;
    client c = server.connect();
    c.send(get("/later/1"));
    run_until(server.loop, [&] { return server.service.waiting.size() == 1; });
    const auto reply = server.service.waiting.front().reply;
    server.service.answer_next();
    CHECK(body_of(c.receive()) == "GET /later/1 ");
    c.send(get("/later/2"));
    run_until(server.loop, [&] { return server.service.waiting.size() == 1; });
    reply({});
    server.service.answer_next();
    CHECK(body_of(c.receive()) == "GET /later/2 ");
}

TEST_CASE("a client that goes on sending after a refusal can read it") {
    transport::http_options options;
    options.limits.max_body_bytes = 10;
    http_fixture server(options);
    client c = server.connect();
    c.send(post("/", std::string(4'000'000, 'x')));
    c.half_close();
    CHECK(status_of(c.receive_all()) == "413");
    run_until(server.loop, [&] { return server.http.connections() == 0; });
}

TEST_CASE("who goes on sending for ever after a refusal is cut off") {
    transport::http_options options;
    options.limits.max_body_bytes = 10;
    options.linger_time = 50ms;
    http_fixture server(options);
    client c = server.connect();
    c.send(post("/", std::string(11, 'x')));
    CHECK(status_of(c.receive_all()) == "413");
    run_until(server.loop, [&] {
        c.send_what_fits("x");
        return server.http.connections() == 0;
    });
}

TEST_CASE("who is silent after a refusal is waited for shortly") {
    transport::http_options options;
    options.limits.max_body_bytes = 10;
    options.linger_time = 24h;
    options.linger_silence = 30ms;
    http_fixture server(options);
    client c = server.connect();
    c.send(post("/", std::string(11, 'x')));
    CHECK(status_of(c.receive_all()) == "413");
    run_until(server.loop, [&] { return server.http.connections() == 0; });
}

TEST_CASE_FIXTURE(departure_fixture,
                  "a handler hears that its client has gone, and a later one does not") {
    SUBCASE("by closing") { c.close(); }
    SUBCASE("by a reset") { c.reset(); }
    SUBCASE("as far as can be seen: it half-closes, and can still be answered") {
        c.half_close();
        run_until(loop, [&] { return has_left; });
        service.answer_next();
        CHECK(body_of(c.receive()) == "GET /later ");
    }
    SUBCASE("after it sent more") {
        c.send(get("/next"));
        c.close();
    }
    run_until(loop, [&] { return has_left; });
}

TEST_CASE("a client that has half-closed and then goes is noticed") {
    http_fixture server;
    client c = server.connect();
    c.send(get("/later"));
    run_until(server.loop, [&] { return server.service.clients.size() == 1; });
    bool is_over = false;
    server.service.clients.front()->on_close([&] { is_over = true; });
    c.half_close();
    for (int i = 0; i < 3; ++i) server.loop.poll();
    CHECK(!is_over);
    c.reset();
    run_until(server.loop, [&] { return is_over; });
    CHECK(server.http.connections() == 0);
}

TEST_CASE("without room for another client the one goes that waits and sends no more") {
    transport::http_options options;
    options.max_connections = 3;
    http_fixture server(options);
    client idle = server.connect();
    client longest = server.connect();
    client other = server.connect();
    for (client* each : {&longest, &other}) {
        each->send(get("/later"));
        each->half_close();
        run_until(server.loop, [&, wanted = each == &longest ? 1U : 2U] {
            return server.service.waiting.size() == wanted;
        });
    }
    client next = server.connect();
    next.send(get("/next"));
    CHECK(body_of(next.receive()) == "GET /next ");
    CHECK(longest.receive_all() == "");
    server.service.answer_next();
    server.service.answer_next();
    CHECK(body_of(other.receive_all()) == "GET /later ");
    idle.send(get("/idle"));
    CHECK(body_of(idle.receive()) == "GET /idle ");
}

TEST_CASE("a client that goes while it waits behind more than is read is noticed") {
    http_fixture server;
    client c = server.connect();
    c.send(get("/later") + post("/next", std::string(1'000'000, 'x')).substr(0, 120'000));
    run_until(server.loop, [&] { return server.service.clients.size() == 1; });
    bool is_over = false;
    server.service.clients.front()->on_close([&] { is_over = true; });
    while (server.loop.poll() != 0) {
    }
    c.reset();
    run_until(server.loop, [&] { return is_over; });
    CHECK(server.http.connections() == 0);
}

TEST_CASE("a client that sends much, and then no more, gets its last answer whole") {
    http_fixture server;
    const std::string large(20'000'000, 'x');
    client c = server.connect();
    c.send(get("/later", "Connection: close\r\n") + std::string(200'000, 'y'));
    c.half_close();
    run_until(server.loop, [&] { return !server.service.waiting.empty(); });
    while (server.loop.poll() != 0) {
    }
    server.service.waiting.front().answer.body = large;
    server.service.answer_next();
    CHECK(body_of(c.receive_all()) == large);
}

TEST_CASE("a body that is made on demand is made no faster than its client reads, between others") {
    http_fixture server;
    client slow = server.connect();
    slow.send(get("/made"));
    while (server.loop.poll() != 0) {
    }
    const int made = server.service.pieces;
    CHECK(made < 90);
    client other = server.connect();
    other.send(get("/a"));
    CHECK(body_of(other.receive()) == "GET /a ");
    CHECK(server.service.pieces == made);
    slow.half_close();
    const std::string all = slow.receive_all();
    CHECK(contains(all, "Transfer-Encoding: chunked\r\n"));
    CHECK(std::count(all.begin(), all.end(), 'm') == 10'000'000);
    CHECK(all.ends_with("\r\n0\r\n\r\n"));
    CHECK(server.service.pieces == 100);
    client gone = server.connect();
    gone.send(get("/made"));
    CHECK(gone.receive().starts_with("HTTP/1.1 200"));
    gone.reset();
    run_until(server.loop, [&] { return server.http.connections() == 1; });
    CHECK(server.service.pieces < 200);
}

TEST_CASE("a client that sends no more gives way also when it begins to wait later") {
    transport::http_options options;
    options.max_connections = 1;
    http_fixture server(options);
    const std::string large(8'000'000, 'x');
    client first = server.connect();
    first.send(post("/large", large) + get("/later"));
    first.half_close();
    client next = server.connect();
    next.send(get("/next"));
    while (server.loop.poll() != 0) {
    }
    CHECK(!next.has_data());
    CHECK(body_of(first.receive()) == "POST /large " + large);
    CHECK(body_of(next.receive()) == "GET /next ");
    CHECK(first.receive_all() == "");
}

TEST_CASE_FIXTURE(departure_fixture,
                  "a handler that has answered does not hear that nobody gets the answer") {
    bool is_over = false;
    service.clients.front()->on_close([&] { is_over = true; });
    service.waiting.front().answer.body = std::string(50'000'000, 'x');
    service.answer_next();
    run_until(loop, [&] { return service.waiting.empty(); });
    c.reset();
    run_until(loop, [&] { return http.connections() == 0; });
    CHECK(has_left);
    CHECK(!is_over);
}

TEST_CASE_FIXTURE(departure_fixture,
                  "a handler whose answer is complete hears no more of its client") {
    service.answer_next();
    CHECK(body_of(c.receive()) == "GET /later ");
    c.close();
    run_until(loop, [&] { return http.connections() == 0; });
    CHECK(!has_left);
}

TEST_CASE("a service that wants to answers what never became a request") {
    struct refusing : fake_service {
        void refuse(restful_functions::http::request&& known,
                    const restful_functions::http::refusal& why, transport::reply answer) {
            response given;
            given.status = why.status;
            given.body = known.method + " " + known.target + " of " + known.peer;
            answer(std::move(given));
        }
    };
    asio::io_context loop{1};
    refusing service;
    transport::http_options options;
    options.limits.max_body_bytes = 10;
    options.header_timeout = 30ms;
    transport::asio_http<asio::ip::tcp, refusing> http(loop, service, {"127.0.0.1", 0}, options);
    client large(loop, http.port());
    large.send(post("/large", std::string(11, 'x')));
    const std::string refused = large.receive_all();
    CHECK(status_of(refused) == "413");
    CHECK(body_of(refused) == "POST /large of 127.0.0.1");
    CHECK(contains(refused, "Connection: close\r\n"));
    client slow(loop, http.port());
    slow.send("GET /slow HTTP/1.1\r\nHost: a\r\nAcc");
    const std::string late = slow.receive_all();
    CHECK(status_of(late) == "408");
    CHECK(body_of(late) == "GET /slow of 127.0.0.1");
}

TEST_CASE("a body is not waited for whose head is refused") {
    struct judging : fake_service {
        bool admits(restful_functions::http::request&& head) {
            judged.push_back(head.method + " " + head.target + " of " + head.peer);
            return head.target != "/closed";
        }
        std::vector<std::string> judged;
    };
    asio::io_context loop{1};
    judging service;
    transport::asio_http<asio::ip::tcp, judging> http(loop, service, {"127.0.0.1", 0});
    const std::string head = "POST /closed HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n";
    for (const std::string how : {"\r\n", "\r\nx", "Expect: 100-continue\r\n\r\n"}) {
        client c(loop, http.port());
        c.send(head + how);
        const std::string refused = c.receive_all();
        CHECK(body_of(refused) == "POST /closed ");
        CHECK(contains(refused, "Connection: close\r\n"));
    }
    CHECK(service.judged.back() == "POST /closed of 127.0.0.1");
    CHECK(service.judged.size() == 3);
    client c(loop, http.port());
    for (const std::string& body : {std::string(100'000, 'x'), std::string(200'000, 'y')}) {
        c.send(post("/open", body));
        CHECK(body_of(c.receive()) == "POST /open " + body);
    }
    CHECK(service.judged.size() == 5);
}

TEST_CASE("a body that drips in is refused with 408") {
    transport::http_options options;
    options.idle_timeout = 30ms;
    options.min_body_rate = 100'000'000;
    http_fixture server(options);
    client c = server.connect();
    c.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n");
    while (server.http.connections() == 0) server.loop.run_one();
    int sent = 0;
    while (!c.has_data()) {
        REQUIRE(++sent < 1'000'000);
        c.send_what_fits("x");
        server.loop.poll();
    }
    CHECK(status_of(c.receive_all()) == "408");
}

TEST_CASE("a head that does not come in time is refused with 408") {
    transport::http_options options;
    options.header_timeout = 30ms;
    http_fixture server(options);
    client c = server.connect();
    SUBCASE("after its first byte") { c.send("G"); }
    SUBCASE("after more of it, which gains no time") {
        c.send("GET / HTTP/1.1\r\n");
        server.loop.poll();
        c.send("Host: a\r\n");
    }
    SUBCASE("after another request") {
        c.send(get("/a"));
        CHECK(body_of(c.receive()) == "GET /a ");
        c.send("GET");
    }
    const std::string refusal = c.receive_all();
    CHECK(status_of(refusal) == "408");
    CHECK(contains(refusal, "Connection: close\r\n"));
}

TEST_CASE("empty lines gain a client no time") {
    transport::http_options options;
    options.header_timeout = 30ms;
    http_fixture server(options);
    client c = server.connect();
    c.send("\r\n");
    CHECK(status_of(c.receive_all()) == "408");
}

TEST_CASE("a timeout may be as long as its type allows") {
    transport::http_options options;
    options.header_timeout = options.idle_timeout = std::chrono::milliseconds::max();
    http_fixture server(options);
    client c = server.connect();
    c.send("GET /a HTTP/1.1\r\n");
    server.loop.poll();
    c.send("Host: a\r\n\r\n");
    CHECK(body_of(c.receive()) == "GET /a ");
    c.send(get("/b"));
    CHECK(body_of(c.receive()) == "GET /b ");
}

TEST_CASE("options that would serve no one are refused") {
    CHECK_THROWS_AS(http_fixture({.header_timeout = 0ms}), std::invalid_argument);
    CHECK_THROWS_AS(http_fixture({.idle_timeout = -1ms}), std::invalid_argument);
    CHECK_THROWS_AS(http_fixture({.max_connections = 0}), std::invalid_argument);
}

TEST_CASE("a request that there is no memory for ends its connection and no other") {
    http_fixture server;
    client other = server.connect();
    client c = server.connect();
    SUBCASE("when it comes") { c.send(get("/throw")); }
    SUBCASE("when it was kept while another one was served") {
        c.send(get("/later") + get("/throw"));
        run_until(server.loop, [&] { return server.service.waiting.size() == 1; });
        server.service.answer_next();
        CHECK(body_of(c.receive()) == "GET /later ");
    }
    CHECK(c.receive_all() == "");
    other.send(get("/a"));
    CHECK(body_of(other.receive()) == "GET /a ");
    CHECK(server.http.connections() == 1);
}

TEST_CASE("a body that stops coming is refused with 408") {
    transport::http_options options;
    options.idle_timeout = 30ms;
    http_fixture server(options);
    client c = server.connect();
    c.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel");
    CHECK(status_of(c.receive_all()) == "408");
}

TEST_CASE("an idle connection ends without a word") {
    transport::http_options options;
    options.idle_timeout = 30ms;
    http_fixture server(options);
    client c = server.connect();
    SUBCASE("before its first request") {}
    SUBCASE("after a request") {
        c.send(get("/a"));
        CHECK(body_of(c.receive()) == "GET /a ");
    }
    CHECK(c.receive_all() == "");
}

TEST_CASE("a client that waits for its response is not idle") {
    transport::http_options options;
    options.idle_timeout = 10ms;
    http_fixture server(options);
    client c = server.connect();
    client timing = server.connect();
    c.send(get("/later"));
    CHECK(timing.receive_all() == "");
    server.service.answer_next();
    CHECK(body_of(c.receive()) == "GET /later ");
}

TEST_CASE("a client that does not read its response is given up") {
    transport::http_options options;
    options.idle_timeout = 50ms;
    http_fixture server(options);
    client c = server.connect();
    c.send(post("/", std::string(8'000'000, 'x')));
    run_until(server.loop, [&] { return server.service.requests == 1; });
    CHECK_FALSE(server.http.quiet());
    run_until(server.loop, [&] { return server.http.connections() == 0; });
}

TEST_CASE("a client that sends no more still gets its answers") {
    http_fixture server;
    client c = server.connect();
    c.send(get("/later") + get("/b"));
    c.half_close();
    run_until(server.loop, [&] { return server.service.waiting.size() == 1; });
    server.service.answer_next();
    const std::string all = c.receive_all();
    CHECK(contains(all, "GET /later "));
    CHECK(contains(all, "GET /b "));
}

TEST_CASE("a client that goes while it waits is noticed, and its reply dropped") {
    http_fixture server;
    client c = server.connect();
    c.send(get("/later"));
    run_until(server.loop, [&] { return server.service.waiting.size() == 1; });
    CHECK_FALSE(server.http.quiet());
    c.reset();
    run_until(server.loop, [&] { return server.http.connections() == 0; });
    server.service.answer_next();
    run_until(server.loop, [&] { return server.service.waiting.empty(); });
    client other = server.connect();
    other.send(get("/a"));
    CHECK(body_of(other.receive()) == "GET /a ");
}

TEST_CASE("a reply that comes after the transport has gone is dropped") {
    asio::io_context loop(1);
    fake_service service;
    auto http = std::make_unique<tcp_server>(loop, service, transport::tcp_address{"127.0.0.1", 0});
    client c(loop, http->port());
    c.send(get("/later"));
    run_until(loop, [&] { return service.waiting.size() == 1; });
    http.reset();
    service.answer_next();
    service.dispatch();
    loop.poll();
    CHECK(c.receive_all() == "");
}

TEST_CASE("when draining, each connection ends with its response and new ones are refused") {
    http_fixture server;
    client c = server.connect();
    client idle = server.connect();
    c.send(get("/later"));
    run_until(server.loop, [&] { return server.http.connections() == 2; });
    run_until(server.loop, [&] { return server.service.waiting.size() == 1; });
    server.http.drain();
    CHECK_FALSE(server.http.quiet());
    server.service.answer_next();
    CHECK(contains(c.receive_all(), "Connection: close\r\n"));
    CHECK(server.http.quiet());
    idle.send(get("/a"));
    CHECK(contains(idle.receive_all(), "Connection: close\r\n"));
    const transport::listener taken = transport::listen({"127.0.0.1", server.http.port()});
    CHECK(taken.port == server.http.port());
}

TEST_CASE("the service's deadlines are met") {
    asio::io_context loop(1);
    fake_service service;
    SUBCASE("when they are there from the start") {
        service.deadline = fake_service::clock::now() + 5ms;
        const tcp_server http(loop, service, {"127.0.0.1", 0});
        run_until(loop, [&] { return !service.deadline; });
    }
    SUBCASE("when a later one was awaited before") {
        service.deadline = fake_service::clock::now() + 1h;
        const tcp_server http(loop, service, {"127.0.0.1", 0});
        service.deadline = fake_service::clock::now() + 5ms;
        client c(loop, http.port());
        c.send(get("/a"));
        run_until(loop, [&] { return !service.deadline; });
    }
    CHECK(service.dispatches > 0);
}

TEST_CASE("a service can have several transports on one loop") {
    http_fixture server;
    const std::string path = "/tmp/rf-" + std::to_string(::getpid()) + ".sock";
    transport::asio_http<asio::local::stream_protocol, fake_service> local(server.loop,
                                                                           server.service, {path});
    client near(server.loop, path);
    client far = server.connect();
    near.send(get("/later/1"));
    run_until(server.loop, [&] { return server.service.waiting.size() == 1; });
    far.send(get("/later/2"));
    run_until(server.loop, [&] { return server.service.waiting.size() == 2; });
    server.service.answer_next();
    server.service.answer_next();
    CHECK(body_of(far.receive()) == "GET /later/2 ");
    CHECK(body_of(near.receive()) == "GET /later/1 ");
    CHECK(local.port() == 0);
    CHECK(local.url() == "unix:" + path);
}

TEST_CASE("localhost is reached over IPv4, and over IPv6 where the machine has it") {
    http_fixture server({}, "localhost");
    client c = server.connect();
    c.send(get("/a"));
    CHECK(body_of(c.receive()) == "GET /a ");
    CHECK(server.http.url() == "http://localhost:" + std::to_string(server.http.port()));
}

TEST_CASE("IPv6 is served where the machine has it") {
    asio::io_context loop(1);
    fake_service service;
    std::optional<tcp_server> http;
    try {
        http.emplace(loop, service, transport::tcp_address{"::1", 0});
    } catch (const std::system_error& error) {
        const bool has_none = error.code() == std::errc::address_not_available ||
                              error.code() == std::errc::address_family_not_supported;
        CHECK(has_none);
        return;
    }
    client c(loop, http->port(), AF_INET6);
    c.send(get("/a"));
    CHECK(body_of(c.receive()) == "GET /a ");
    CHECK(http->url() == "http://[::1]:" + std::to_string(http->port()));
}
