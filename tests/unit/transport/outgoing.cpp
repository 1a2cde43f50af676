/// How responses are sent, and what a client of the HTTP transport sees of bodies that are made
/// while they are sent.
#include <restful_functions/transport/asio_http.hpp>
#include <restful_functions/transport/outgoing.hpp>

#include "client.hpp"
#include "fake_service.hpp"

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <doctest/doctest.h>

#include <sys/types.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

namespace http = restful_functions::http;
namespace transport = restful_functions::transport;
using transport::detail::sending;

struct stream_fixture {
    client connect() { return client(loop, http.port()); }
    void run_until_asked() {
        run_until(loop, [this] { return service.stream != nullptr; });
    }

    asio::io_context loop{1};
    fake_service service;
    transport::asio_http<asio::ip::tcp, fake_service> http{loop, service, {"127.0.0.1", 0}};
};

/// Notes what is sent to it, and takes up to `most_at_once`, nothing every second time.
class noting final : public transport::secure_session {
 public:
    explicit noting(std::size_t most_at_once) : most_at_once_(most_at_once) {}

    ssize_t receive(char*, std::size_t) override { return 0; }
    ssize_t send(std::span<const std::string_view> pieces) override {
        is_full_ = !is_full_ && most_at_once_ != SIZE_MAX;
        if (is_full_) {
            errno = EAGAIN;
            return -1;
        }
        ++sends;
        std::size_t left = most_at_once_;
        const std::size_t before = sent.size();
        for (const std::string_view piece : pieces) {
            from.push_back(piece.data());
            sent += piece.substr(0, left);
            left -= std::min(left, piece.size());
        }
        return static_cast<ssize_t>(sent.size() - before);
    }
    void end() noexcept override {}
    waits_for waiting() const noexcept override { return waits_for::writing; }

    std::string sent;
    std::vector<const char*> from;  // where the pieces were
    int sends = 0;

 private:
    std::size_t most_at_once_;
    bool is_full_ = false;
};

struct sending_fixture {
    explicit sending_fixture(std::size_t most_at_once = SIZE_MAX) {
        auto session = std::make_unique<noting>(most_at_once);
        noted = session.get();
        to.emplace(-1, std::move(session));
    }

    void begin(http::pieced_text body, const char* method = "GET") {
        http::request asked;
        asked.method = method;
        http::response answer;
        answer.body = std::move(body);
        out.begin(std::move(answer), http::exchange(asked), {});
    }

    /// How often it came to each end.
    std::map<sending, int> send() {
        std::map<sending, int> ends;
        for (sending end = sending::blocked; end != sending::done; ++ends[end])
            end = out.send_to(*to);
        return ends;
    }

    noting* noted = nullptr;
    std::optional<transport::detail::channel> to;
    transport::detail::outgoing out;
};

/// `[xx…, xx…]` with a text that is shared.
http::pieced_text list_of(const http::shared_text& text) {
    http::pieced_text list = "[";
    list += text;
    list += ", ";
    list += text;
    list += "]";
    return list;
}

}  // namespace

TEST_SUITE_BEGIN("transport/outgoing");

TEST_CASE("a small response leaves at once, head and body together") {
    sending_fixture with;
    with.begin("small");
    CHECK(with.send() == std::map<sending, int>{{sending::done, 1}});
    CHECK(with.noted->sends == 1);
    CHECK(with.noted->from.size() == 2);
    CHECK(with.noted->sent.ends_with("Content-Length: 5\r\n\r\nsmall"));
}

TEST_CASE("a shared text is sent from its own memory, in turns of bounded size") {
    const http::shared_text text(std::string(1'000'000, 'x'));
    sending_fixture with;
    with.begin(list_of(text));
    const auto ends = with.send();
    CHECK(ends.at(sending::yielding) == 2'000'000 / transport::detail::outgoing::most_in_a_turn);
    CHECK(with.noted->sends == ends.at(sending::yielding) + 1);
    CHECK(body_of(with.noted->sent) == list_of(text).text());
    const char* const begin = text.view().data();
    const auto shared = std::count_if(
        with.noted->from.begin(), with.noted->from.end(),
        [&](const char* from) { return from >= begin && from < begin + text.size(); });
    CHECK(shared == with.noted->sends + 1);  // one of them has the end and the beginning
}

TEST_CASE("a response of many pieces is sent whole, however much the socket takes at a time") {
    const http::shared_text text(std::string(20'000, 'x'));
    http::pieced_text whole;
    for (int i = 0; i < 20; ++i) whole += list_of(text);
    for (const std::size_t at_once : {std::size_t{777}, std::size_t{20'001}, SIZE_MAX}) {
        sending_fixture with(at_once);
        with.begin(whole);
        with.send();
        CHECK(body_of(with.noted->sent) == whole.text());
    }
}

TEST_CASE("HEAD of a large response is its head") {
    const http::shared_text text(std::string(60'000'000, 'x'));
    sending_fixture with;
    with.begin(list_of(text), "HEAD");
    CHECK(with.send() == std::map<sending, int>{{sending::done, 1}});
    CHECK(with.noted->sent.ends_with("Content-Length: 120000004\r\n\r\n"));
}

TEST_CASE("a maker that has nothing to send yet is asked again, in turns with others") {
    sending_fixture with;
    http::response answer;
    answer.stream = std::make_shared<http::body_stream>();
    answer.stream->on_taken([out = answer.stream.get(), left = 5]() mutable {
        if (--left == 2) out->write("made");
        if (left == 0) out->end();
    });
    with.out.begin(std::move(answer), http::exchange(http::request()), {});
    CHECK(with.send().at(sending::yielding) == 4);
    CHECK(body_of(with.noted->sent) == "4\r\nmade\r\n0\r\n\r\n");
}

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
