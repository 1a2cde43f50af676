/// Accepting when the system, or the transport's own limit, has no room.
#include <restful_functions/transport/accepting.hpp>
#include <restful_functions/transport/asio_http.hpp>

#include "client.hpp"
#include "fake_service.hpp"

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <doctest/doctest.h>

#include <cerrno>
#include <deque>

namespace transport = restful_functions::transport;

namespace {

/// Fails with the given errors, one after the other, and then accepts.
class failing : public transport::accepting {
 public:
    explicit failing(std::deque<int> errors) : errors_(std::move(errors)) {}

    int accept(int listening) override {
        ++calls;
        if (errors_.empty()) return accepting::accept(listening);
        errno = errors_.front();
        errors_.pop_front();
        return -1;
    }

    int calls = 0;

 private:
    std::deque<int> errors_;
};

struct acceptor_fixture {
    explicit acceptor_fixture(std::deque<int> errors, std::size_t max_connections = 100)
        : seam(std::move(errors)),
          http(loop, service, {"127.0.0.1", 0}, {.max_connections = max_connections}, seam) {}

    client connect() { return client(loop, http.port()); }

    asio::io_context loop{1};
    fake_service service;
    failing seam;
    transport::asio_http<asio::ip::tcp, fake_service> http;
};

void expect_service(client& c) {
    c.send(get("/a"));
    CHECK(body_of(c.receive()) == "GET /a ");
}

}  // namespace

TEST_CASE("without descriptors or memory the server waits, and then goes on") {
    for (const int error : {EMFILE, ENFILE, ENOBUFS, ENOMEM, EPERM, EOPNOTSUPP}) {
        CAPTURE(error);
        acceptor_fixture server({error, error});
        client c = server.connect();
        expect_service(c);
        // Two failures, the client, and perhaps once in vain: nothing spins.
        CHECK(server.seam.calls <= 4);
    }
}

TEST_CASE("a client that is lost in the queue is passed over") {
    for (const int error : {ECONNABORTED, EINTR, EPROTO, ENETDOWN}) {
        CAPTURE(error);
        acceptor_fixture server({error, error, error});
        client c = server.connect();
        expect_service(c);
    }
}

TEST_CASE("above max_connections a client waits until another one goes") {
    acceptor_fixture server({}, 2);
    client first = server.connect();
    client second = server.connect();
    expect_service(first);
    expect_service(second);
    client third = server.connect();
    third.send("GET /third HTTP/1.1\r\nHost: a\r\n\r\n");
    server.loop.poll();
    CHECK(server.http.connections() == 2);
    CHECK(server.service.requests == 2);
    first.close();
    CHECK(body_of(third.receive()) == "GET /third ");
    CHECK(server.http.connections() == 2);
}
