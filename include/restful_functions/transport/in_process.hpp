/// A transport without sockets: the caller's own thread carries the request and waits for the
/// response.
#pragma once

#include <restful_functions/http/message.hpp>
#include <restful_functions/http/writer.hpp>
#include <restful_functions/transport/transport.hpp>

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

namespace restful_functions::transport {

/// Serves the thread that it is called from, e.g. a test or a program that embeds the functions:
///
///     transport::in_process functions(service);
///     http::response sum = functions.send("POST", "/addition/keep-connection",
///     R"({"x":1,"y":2})");
///
/// The service must outlive it.
template <service Service>
class in_process {
 public:
    explicit in_process(Service& served) noexcept : service_(served) {}

    /// The response to a request, for which it waits as long as it takes; that to HEAD has no body.
    /// Throws std::system_error when the service's descriptor cannot be waited for.
    http::response send(http::request request) {
        const http::exchange begun(request);
        const auto answer = std::make_shared<std::optional<http::response>>();
        service_.handle(std::move(request),
                        [answer](http::response&& given) { *answer = std::move(given); });
        while (!*answer) step();
        if (!http::sends_body(**answer, begun)) (*answer)->drop_body();
        return *std::move(*answer);
    }

    /// The same for a request without header fields.
    http::response send(std::string method, std::string target, std::string body = {}) {
        http::request request;
        request.method = std::move(method);
        request.target = std::move(target);
        request.body = std::move(body);
        return send(std::move(request));
    }

    /// Waits for the next event of the service and dispatches it.
    void step() {
        pollfd watched{service_.descriptor(), POLLIN, 0};
        if (::poll(&watched, 1, milliseconds_left()) < 0 && errno != EINTR)
            throw std::system_error(errno, std::generic_category(), "poll");
        service_.dispatch();
    }

 private:
    // For poll(2): -1 waits for ever.
    [[nodiscard]] int milliseconds_left() const {
        const auto deadline = service_.next_deadline();
        if (!deadline) return -1;
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(
            *deadline - std::chrono::steady_clock::now());
        return static_cast<int>(std::clamp<long long>(left.count(), 0, INT_MAX));
    }

    Service& service_;
};

}  // namespace restful_functions::transport
