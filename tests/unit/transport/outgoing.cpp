/// What a client of the HTTP transport sees of bodies that are made while they are sent.
#include <restful_functions/transport/asio_http.hpp>
#include <restful_functions/transport/outgoing.hpp>

#include "client.hpp"
#include "fake_service.hpp"

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <doctest/doctest.h>

#include <memory>
#include <string>

namespace {

namespace transport = restful_functions::transport;

struct stream_fixture {
    client connect() { return client(loop, http.port()); }
    void run_until_asked() {
        run_until(loop, [this] { return service.stream != nullptr; });
    }

    asio::io_context loop{1};
    fake_service service;
    transport::asio_http<asio::ip::tcp, fake_service> http{loop, service, {"127.0.0.1", 0}};
};

}  // namespace

TEST_SUITE_BEGIN("transport/outgoing");

TEST_CASE("a streamed body comes in chunks as it is made, and the connection goes on") {
    stream_fixture server;
    client c = server.connect();
    c.send(get("/stream"));
    const std::string head = c.receive();
    CHECK(head.find("Transfer-Encoding: chunked\r\n") != head.npos);
    CHECK(head.find("Content-Length") == head.npos);
    server.service.stream->write("more");
    server.service.stream->end();
    c.send(get("/next", "Connection: close\r\n"));
    const std::string rest = c.receive_all();
    CHECK(rest.starts_with("6\r\nbegun;\r\n4\r\nmore\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n"));
    CHECK(rest.ends_with("GET /next "));
}

TEST_CASE("an HTTP/1.0 client gets a streamed body until the connection ends") {
    stream_fixture server;
    client c = server.connect();
    c.send(get("/stream", "Connection: keep-alive\r\n", "1.0"));
    server.run_until_asked();
    server.service.stream->write("more");
    server.service.stream->end();
    const std::string all = c.receive_all();
    CHECK(all.find("Connection: close\r\n") != all.npos);
    CHECK(all.ends_with("\r\n\r\nbegun;more"));
}

TEST_CASE("HEAD of a streamed body is its head") {
    stream_fixture server;
    client c = server.connect();
    c.send("HEAD /stream HTTP/1.1\r\nHost: a\r\n\r\n");
    c.receive(true);
    CHECK_FALSE(server.service.stream->is_open());
    c.send(get("/next"));
    CHECK(body_of(c.receive()) == "GET /next ");
}

TEST_CASE("who makes a body learns that its client has gone") {
    stream_fixture server;
    client c = server.connect();
    c.send(get("/stream"));
    server.run_until_asked();
    c.reset();
    run_until(server.loop, [&] { return server.http.connections() == 0; });
    CHECK_FALSE(server.service.stream->write("more"));
}

TEST_CASE("a client that does not read is dropped, and what waits for it is bounded") {
    stream_fixture server;
    client c = server.connect();
    c.send(get("/stream"));
    server.run_until_asked();
    const std::string piece(100'000, 'x');
    std::size_t written = 0;
    while (server.service.stream->write(piece, "dropped")) {
        written += piece.size();
        server.loop.poll();
        REQUIRE(written < 100'000'000);
    }
    c.send(get("/next", "Connection: close\r\n"));
    const std::string rest = c.receive_all();
    CHECK(rest.find("7\r\ndropped\r\n0\r\n\r\nHTTP/1.1 200 OK") != rest.npos);
}

TEST_CASE("a transport may go while more of a body is on its way") {
    asio::io_context loop{1};
    fake_service service;
    auto http = std::make_unique<transport::asio_http<asio::ip::tcp, fake_service>>(
        loop, service, transport::tcp_address{"127.0.0.1", 0});
    client c(loop, http->port());
    c.send(get("/stream"));
    run_until(loop, [&] { return service.stream != nullptr; });
    CHECK(service.stream->write("more"));
    http.reset();
    loop.poll();
    CHECK(c.receive_all().ends_with("begun;\r\n"));
}

TEST_SUITE_END();
