/// Who is served when all connections are taken.
#include <restful_functions/transport/asio_http.hpp>

#include "../text_parts.hpp"
#include "client.hpp"
#include "fake_service.hpp"

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <doctest/doctest.h>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace transport = restful_functions::transport;
using namespace std::chrono_literals;

namespace {

/// Knows as urgent what is asked of /health and of /later/end, and who is an operator.
struct urgent_service : fake_service {
    static bool is_urgent(const restful_functions::http::request& head) {
        return head.target == "/health" || head.target == "/later/end";
    }
    bool is_from_operator(restful_functions::http::request&& head) {
        ++asked_for_operators;
        const std::string* who = head.headers.find("Authorization");
        return who != nullptr && *who == "operator";
    }

    int asked_for_operators = 0;
};

/// Lets so many connections be open, which need not have been silent for any time to give way.
transport::http_options with(std::size_t max_connections,
                             std::chrono::milliseconds spared_idle_time = 0ms) {
    transport::http_options options;
    options.max_connections = max_connections;
    options.spared_idle_time = spared_idle_time;
    return options;
}

/// In the reserve of a server of a single connection.
const std::size_t most_reserved = transport::reserved_connections(with(1));

struct crowded_fixture {
    explicit crowded_fixture(const transport::http_options& options)
        : http(loop, service, {"127.0.0.1", 0}, options) {}

    /// A client that is among the connections.
    client connect() {
        const std::size_t before = http.connections();
        client connected(loop, http.port());
        run_until(loop, [&] { return http.connections() == before + 1; });
        return connected;
    }

    /// A client whose request waits for its answer.
    client connect_and_wait() {
        client connected = connect();
        connected.send(get("/later"));
        const std::size_t before = service.waiting.size();
        run_until(loop, [&] { return service.waiting.size() == before + 1; });
        return connected;
    }

    /// All that a client is answered whose connection ends behind it.
    std::string last_answer(std::string_view request) {
        client last(loop, http.port());
        last.send(request);
        return last.receive_all();
    }

    asio::io_context loop{1};
    urgent_service service;
    transport::asio_http<asio::ip::tcp, urgent_service> http;
};

/// Is never through with its handshake.
struct shy_session : transport::secure_session {
    ssize_t receive(char*, std::size_t) override {
        errno = EAGAIN;
        return -1;
    }
    ssize_t send(std::span<const std::string_view>) override { return receive(nullptr, 0); }
    void end() noexcept override {}
    waits_for waiting() const noexcept override { return waits_for::reading; }
};

struct shy_sessions : transport::session_source {
    std::unique_ptr<transport::secure_session> open(int) override {
        return std::make_unique<shy_session>();
    }
    void reload() override {}
};

}  // namespace

TEST_CASE("a new client gets the place of the one that has been silent for longest") {
    crowded_fixture server(with(3));
    client busy = server.connect_and_wait();
    client first = server.connect();
    client second = server.connect();
    SUBCASE("before its first request") {}
    SUBCASE("between two requests") {
        expect_service(first);
        expect_service(second);
    }
    SUBCASE("after a part of a head, which gains it no time") {
        expect_service(first);
        first.send("GET / HT");
        run_until_quiet(server.loop);
        expect_service(second);
        second.send("GET / HT");
        run_until_quiet(server.loop);
        first.send("TP/1.1\r\n");
        run_until_quiet(server.loop);
    }
    client third(server.loop, server.http.port());
    expect_service(third);
    CHECK(first.receive_all() == "");
    client fourth(server.loop, server.http.port());
    expect_service(fourth);
    CHECK(second.receive_all() == "");
    CHECK(server.http.connections() == 3);
    server.service.answer_next();
    CHECK(body_of(busy.receive()) == "GET /later ");
}

TEST_CASE("a client that has not asked gives way before one between two requests") {
    crowded_fixture server(with(2));
    client idle = server.connect();
    expect_service(idle);
    client silent = server.connect();
    client next(server.loop, server.http.port());
    expect_service(next);
    CHECK(silent.receive_all() == "");
    expect_service(idle);
}

TEST_CASE("a client that is not through with its handshake gives way") {
    transport::http_options options = with(1);
    options.sessions = std::make_shared<shy_sessions>();
    crowded_fixture server(options);
    client first = server.connect();
    const client second(server.loop, server.http.port());
    CHECK(first.receive_all() == "");
    CHECK(server.http.connections() <= 1);
}

TEST_CASE("a request under way keeps its place") {
    crowded_fixture server(with(1));
    client first = server.connect();
    SUBCASE("while it waits for its answer") {
        first.send(get("/later"));
        run_until(server.loop, [&] { return !server.service.waiting.empty(); });
    }
    SUBCASE("while its body is coming") {
        first.send("POST /later HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n");
        run_until_quiet(server.loop);
    }
    SUBCASE("while its answer is made") {
        first.send(get("/stream"));
        run_until(server.loop, [&] { return server.service.stream != nullptr; });
    }
    CHECK(status_of(server.last_answer(get("/a"))) == "503");
    run_until(server.loop, [&] { return server.http.connections() == 1; });
}

TEST_CASE("a connection keeps its place for the time that is spared") {
    crowded_fixture server(with(2, 1h));
    client silent = server.connect();
    client idle = server.connect();
    expect_service(idle);
    CHECK(status_of(server.last_answer(get("/a"))) == "503");
    expect_service(silent);
    expect_service(idle);
}

TEST_CASE("where all places are taken by requests under way") {
    crowded_fixture server(with(2));
    client first = server.connect_and_wait();
    client second = server.connect_and_wait();
    SUBCASE("health is answered") {
        const std::string answer = server.last_answer(get("/health"));
        CHECK(body_of(answer) == "GET /health ");
        CHECK(contains(answer, "Connection: close\r\n"));
    }
    SUBCASE("an operator gets in, also with a body that has come") {
        const std::string answer = server.last_answer(
            "POST /end HTTP/1.1\r\nHost: a\r\nAuthorization: operator\r\nContent-Length: 4\r\n\r\n"
            "body");
        CHECK(body_of(answer) == "POST /end body");
        CHECK(contains(answer, "Connection: close\r\n"));
    }
    SUBCASE("others are refused with 503, and told to come again") {
        for (const char* request :
             {"GET /a HTTP/1.1\r\nHost: a\r\n\r\n",
              "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nx",
              "GET /health HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nx",
              "POST /end HTTP/1.1\r\nHost: a\r\nAuthorization: operator\r\n"
              "Content-Length: 2\r\n\r\nx"}) {
            client refused(server.loop, server.http.port());
            refused.send(request);
            const std::string answer = refused.receive();
            CHECK(status_of(answer) == "503");
            CHECK(contains(answer, "Retry-After: 1\r\n"));
            CHECK(contains(answer, "Connection: close\r\n"));
        }
        CHECK(server.service.requests == 2);
    }
    SUBCASE("one request is served of those that come in one go") {
        const std::string answers = server.last_answer(get("/health") + get("/health"));
        CHECK(body_of(answers) == "GET /health ");
    }
    CHECK(server.service.waiting.size() == 2);
}

TEST_CASE("a client in the reserve is one of the others when there is a place by then") {
    crowded_fixture server(with(1));
    client first = server.connect_and_wait();
    client second = server.connect();
    server.service.answer_next();
    CHECK(body_of(first.receive()) == "GET /later ");
    expect_service(second);
    CHECK(first.receive_all() == "");
    expect_service(second);
    CHECK(server.http.connections() == 1);
}

TEST_CASE("a request that was sent and not read yet keeps its connection") {
    crowded_fixture server(with(2));
    client asking = server.connect();
    client silent = server.connect();
    client next(server.loop, server.http.port());
    asking.send(get("/a"));
    SUBCASE("and a silent one gives way") {}
    SUBCASE("where all have sent one") { silent.send(get("/later")); }
    run_until_quiet(server.loop);
    CHECK(body_of(asking.receive()) == "GET /a ");
    expect_service(next);
    if (server.service.waiting.empty())
        CHECK(silent.receive_all() == "");
    else
        CHECK(asking.receive_all() == "");
}

TEST_CASE("a client in the reserve keeps its place while others come, until the reserve is full") {
    crowded_fixture server(with(1));
    const client busy = server.connect_and_wait();
    client silent = server.connect();
    CHECK(status_of(server.last_answer(get("/a"))) == "503");
    run_until(server.loop, [&] { return server.http.connections() == 2; });
    std::deque<client> others;
    while (server.http.connections() < 1 + most_reserved) others.push_back(server.connect());
    CHECK(!silent.has_ended());
    CHECK(body_of(server.last_answer(get("/health"))) == "GET /health ");
    CHECK(silent.receive_all() == "");
}

TEST_CASE("a place that becomes free is that of the request that is longest in the reserve") {
    crowded_fixture server(with(1, 1h));
    client first = server.connect_and_wait();
    std::deque<client> reserve;
    for (std::size_t i = 0; i < most_reserved; ++i) {
        reserve.push_back(server.connect());
        reserve.back().send(get("/later/end"));
        run_until(server.loop, [&] { return server.service.waiting.size() == i + 2; });
    }
    first.reset();
    run_until(server.loop, [&] { return server.http.connections() == most_reserved; });
    CHECK(body_of(server.last_answer(get("/health"))) == "GET /health ");
    for (int i = 0; i < 3; ++i) server.service.answer_next();
    CHECK(!contains(reserve[0].receive(), "Connection: close\r\n"));
    CHECK(contains(reserve[1].receive(), "Connection: close\r\n"));
    expect_service(reserve[0]);
}

TEST_CASE("operators have one half of the reserve, and are not looked for beyond it") {
    crowded_fixture server(with(1, 1h));
    const client busy = server.connect_and_wait();
    const std::string asked = get("/later", "Authorization: operator\r\n");
    std::deque<client> operators;
    for (std::size_t i = 0; i < most_reserved / 2; ++i) {
        operators.push_back(server.connect());
        operators.back().send(asked);
        run_until(server.loop, [&] { return server.service.waiting.size() == i + 2; });
    }
    const int times = server.service.asked_for_operators;
    client further(server.loop, server.http.port());
    further.send(asked);
    CHECK(status_of(further.receive()) == "503");
    CHECK(body_of(server.last_answer(get("/health"))) == "GET /health ");
    CHECK(server.service.asked_for_operators == times);
    operators.front().reset();
    run_until(server.loop, [&] { return server.http.connections() == 1 + most_reserved / 2; });
    CHECK(body_of(server.last_answer(get("/a", "Authorization: operator\r\n"))) == "GET /a ");
}

TEST_CASE("when the reserve is full, too, a client waits until another one goes") {
    crowded_fixture server(with(1, 1h));
    const client busy = server.connect_and_wait();
    std::deque<client> reserve;
    for (std::size_t i = 0; i < most_reserved; ++i) reserve.push_back(server.connect());
    client next(server.loop, server.http.port());
    next.send(get("/health"));
    run_until_quiet(server.loop);
    CHECK(!next.has_data());
    CHECK(server.http.connections() == 1 + reserve.size());
    reserve.front().close();
    CHECK(body_of(next.receive_all()) == "GET /health ");
}

TEST_CASE("who is silent in the reserve gives way, also behind a refusal") {
    crowded_fixture server(with(1));
    const client busy = server.connect_and_wait();
    std::deque<client> refused;
    for (std::size_t i = 0; i < 2 * most_reserved; ++i) {
        refused.emplace_back(server.loop, server.http.port());
        if (i % 2 == 0) {
            refused.back().send(get("/a"));
            CHECK(status_of(refused.back().receive()) == "503");
        }
    }
    CHECK(body_of(server.last_answer(get("/health"))) == "GET /health ");
}

TEST_CASE("a request in the reserve comes in a short time") {
    transport::http_options options = with(1, 1h);
    options.reserved_timeout = 30ms;
    crowded_fixture server(options);
    const client busy = server.connect_and_wait();
    CHECK(server.last_answer("") == "");
    CHECK(status_of(server.last_answer("GET /health HTTP/1.1\r\n")) == "408");
}

TEST_CASE("a client in the reserve that does not read its response is given up in a short time") {
    transport::http_options options = with(1, 1h);
    options.reserved_timeout = 30ms;
    crowded_fixture server(options);
    const client busy = server.connect_and_wait();
    client deaf = server.connect();
    deaf.send(get("/made", "Authorization: operator\r\n"));
    run_until(server.loop, [&] { return server.service.pieces > 0; });
    run_until(server.loop, [&] { return server.http.connections() == 1; });
    CHECK(server.service.pieces < 100);
}

TEST_CASE("one in a hundred connections is reserved, within bounds") {
    CHECK(transport::reserved_connections(with(1)) == 8);
    CHECK(transport::reserved_connections(with(2000)) == 20);
    CHECK(transport::reserved_connections(with(10'000)) == 100);
    CHECK(transport::reserved_connections(with(1'000'000)) == 100);
    transport::http_options few = with(2000);
    few.max_reserved = 3;
    CHECK(transport::reserved_connections(few) == 3);
}
