/// What a transport is: it carries requests to a service and responses back, and drives the
/// service.
#pragma once

#include <restful_functions/http/message.hpp>
#include <restful_functions/http/refusal.hpp>

#include <chrono>
#include <concepts>
#include <functional>
#include <optional>
#include <utility>

namespace restful_functions::transport {

/// Takes the response to one request.
using reply = std::function<void(http::response&&)>;

/// What a transport needs of a service; api::service is one.
///
/// A transport is any code that, in one thread:
///
/// - gives each request to `handle`, which calls its reply exactly once: at once, in a later
///   `dispatch`, or when the transport tells the request's `client_watch`, if it has one, that the
///   client has gone; a reply may come after the client has gone, and must then be dropped;
/// - calls `dispatch` whenever `descriptor` is readable, and at `next_deadline`, which may have
///   changed after each `handle` and `dispatch`, and after a client_watch was told;
/// - closes the client's connection after a response with `close` set, if it has connections.
///
/// `in_process` is the shortest example.
template <class Service>
concept service = requires(Service& s, const Service& c, http::request r, reply answer) {
    s.handle(std::move(r), std::move(answer));
    { c.descriptor() } -> std::same_as<int>;
    s.dispatch();
    { c.next_deadline() } -> std::same_as<std::optional<std::chrono::steady_clock::time_point>>;
};

/// One that wants to know how many clients are connected; api::service does.
template <class Service>
concept counts_connections = service<Service> && requires(Service& s) {
    s.connection_opened();
    s.connection_closed();
};

/// One that answers what never became a request, so that refusals by the transport are counted,
/// logged and readable for pages as all answers are; api::service does. `known` is what came of the
/// head. The reply is called at once.
template <class Service>
concept answers_refusals = service<Service> &&
    requires(Service& s, http::request known, const http::refusal& why, reply answer) {
    s.refuse(std::move(known), why, std::move(answer));
};

/// One that may answer a request for its head alone; api::service does. The body of a request that
/// it does not admit is not waited for: `handle` gets the request without one.
template <class Service>
concept judges_heads = service<Service> && requires(Service& s, http::request head) {
    { s.admits(std::move(head)) } -> std::same_as<bool>;
};

/// What `run` needs of it besides, to end in good order; api::service is one.
template <class Service>
concept stoppable_service = service<Service> && requires(Service& s, const Service& c) {
    { c.idle() } -> std::same_as<bool>;  // no task runs or waits
    s.withdraw();                        // says that it is not ready for new clients
    s.drain();                           // refuses new calls from now on
    s.terminate_all();                   // ends all tasks with their grace
    s.kill_all();                        // ends them without any
};

}  // namespace restful_functions::transport
