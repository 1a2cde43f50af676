/// Drives a service from an Asio loop.
#pragma once

#include <restful_functions/detail/unique_fd.hpp>
#include <restful_functions/http/message.hpp>
#include <restful_functions/http/problem.hpp>
#include <restful_functions/http/refusal.hpp>
#include <restful_functions/transport/asio_http_loop.hpp>
#include <restful_functions/transport/asio_http_rtti.hpp>
#include <restful_functions/transport/transport.hpp>

#include <asio/io_context.hpp>

#include <fcntl.h>

#include <cerrno>
#include <chrono>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

namespace restful_functions::transport::detail {

/// Calls dispatch() when the service's descriptor or its deadline asks for it. The loop holds it
/// weakly: when its owner lets go, what is still queued does nothing.
template <service Service>
class driver : public std::enable_shared_from_this<driver<Service>> {
    using clock = std::chrono::steady_clock;

 public:
    driver(asio::io_context& loop, Service& driven)
        : driver(loop, driven, duplicate(driven.descriptor())) {}

    /// Begins. To be called once.
    void start() {
        watch_events();
        follow_deadline();
    }

    void handle(http::request&& request, reply answer) {
        service_.handle(std::move(request), std::move(answer));
        follow_deadline();
    }

    /// Whether the body of a request is to be waited for.
    [[nodiscard]] bool admits(http::request&& head) {
        if constexpr (judges_heads<Service>) return service_.admits(std::move(head));
        return true;
    }

    /// Answers what never became a request.
    void refuse(http::request&& known, const http::refusal& why, reply answer) {
        if constexpr (answers_refusals<Service>) {
            service_.refuse(std::move(known), why, std::move(answer));
            follow_deadline();
        } else {
            answer(http::problem(why.status, why.reason));
        }
    }

    /// Looks when the service wants to be dispatched next. A timer that is set too early finds out
    /// when it fires: most deadlines are moved away before they come.
    void follow_deadline() {
        const std::optional<clock::time_point> deadline = service_.next_deadline();
        if (!deadline || (set_to_ && *set_to_ <= *deadline)) return;
        set_to_.reset();  // where there is no memory for the wait, the next one sets the timer
        timer_.expires_at(*deadline);
        timer_.async_wait([weak = this->weak_from_this()](const std::error_code& failed) {
            const auto self = weak.lock();
            if (!self || failed) return;
            self->set_to_.reset();
            self->dispatch();
        });
        set_to_ = deadline;
    }

 private:
    using unique_fd = restful_functions::detail::unique_fd;

    driver(asio::io_context& loop, Service& driven, unique_fd events)
        : service_(driven), events_(loop, events.get()), timer_(loop) {
        static_cast<void>(events.release());  // the descriptor is the loop's now
    }

    // A loop knows a descriptor once only, but a service may have several transports.
    static unique_fd duplicate(int descriptor) {
        unique_fd copy(::fcntl(descriptor, F_DUPFD_CLOEXEC, 0));
        if (!copy) throw std::system_error(errno, std::generic_category(), "fcntl");
        return copy;
    }

    void dispatch() {
        service_.dispatch();
        follow_deadline();
    }

    void watch_events() {
        events_.async_wait(loop_descriptor::wait_read,
                           [weak = this->weak_from_this()](const std::error_code& failed) {
                               const auto self = weak.lock();
                               if (!self || failed) return;
                               self->dispatch();
                               self->watch_events();
                           });
    }

    Service& service_;
    loop_descriptor events_;
    loop_timer timer_;
    std::optional<clock::time_point> set_to_;
};

}  // namespace restful_functions::transport::detail
