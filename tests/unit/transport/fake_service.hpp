/// A service that a test answers for.
#pragma once

#include <restful_functions/detail/unique_fd.hpp>
#include <restful_functions/http/message.hpp>
#include <restful_functions/transport/transport.hpp>

#include <sys/eventfd.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <utility>

/// Answers at once with "METHOD target body", except for targets that begin with "/later": these
/// wait for `answer_next`. "/stream" has a body that `stream` makes, "/made" one of 100 pieces that
/// are made when they are taken. "/throw" finds no memory.
class fake_service {
 public:
    using clock = std::chrono::steady_clock;
    using response = restful_functions::http::response;

    void handle(restful_functions::http::request&& request,
                restful_functions::transport::reply reply) {
        ++requests;
        clients.push_back(request.client);
        if (request.target == "/throw") throw std::bad_alloc();
        response answer;
        answer.body = request.method + " " + request.target + " " + request.body;
        if (request.target.starts_with("/stream")) {
            answer.body.clear();
            answer.stream = stream = std::make_shared<restful_functions::http::body_stream>();
            stream->write("begun;");
        }
        if (request.target.starts_with("/made")) {
            answer.body.clear();
            answer.stream = std::make_shared<restful_functions::http::body_stream>();
            answer.stream->on_taken([this, body = answer.stream.get(), left = 100]() mutable {
                body->write(std::string(100'000, 'm'));
                ++pieces;
                if (--left == 0) body->end();
            });
        }
        if (request.target.starts_with("/later"))
            waiting.push_back({std::move(reply), std::move(answer)});
        else
            reply(std::move(answer));
    }

    int descriptor() const noexcept { return event_.get(); }

    void dispatch() {
        ++dispatches;
        std::uint64_t count = 0;
        static_cast<void>(!::read(event_.get(), &count, sizeof count));
        for (; count > 0 && !waiting.empty(); --count) {
            auto [reply, answer] = std::move(waiting.front());
            waiting.pop_front();
            reply(std::move(answer));
        }
        if (deadline && clock::now() >= *deadline) deadline.reset();
    }

    std::optional<clock::time_point> next_deadline() const noexcept { return deadline; }

    /// Lets the next dispatch answer the request that waits longest.
    void answer_next() {
        const std::uint64_t one = 1;
        static_cast<void>(!::write(event_.get(), &one, sizeof one));
    }

    struct pending {
        restful_functions::transport::reply reply;
        response answer;
    };
    std::deque<pending> waiting;
    std::deque<std::shared_ptr<restful_functions::http::client_watch>> clients;  // of all requests
    std::shared_ptr<restful_functions::http::body_stream> stream;  // of the last "/stream"
    std::optional<clock::time_point> deadline;
    int requests = 0;
    int pieces = 0;  // of all "/made"
    int dispatches = 0;

 private:
    restful_functions::detail::unique_fd event_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
};

static_assert(restful_functions::transport::service<fake_service>);
