/// The part of function_server that is no template: with it comes the whole service.
#pragma once

#include <restful_functions/api/service.hpp>
#include <restful_functions/api/service_options.hpp>
#include <restful_functions/detail/separate_compilation.hpp>
#include <restful_functions/detail/service_manager.hpp>
#include <restful_functions/detail/stop_switch.hpp>
#include <restful_functions/detail/unique_fd.hpp>
#include <restful_functions/function_server.hpp>
#include <restful_functions/process/spawn_order.hpp>
#include <restful_functions/server_options.hpp>
#include <restful_functions/transport/asio_http_run.hpp>
#include <restful_functions/transport/http_options.hpp>
#include <restful_functions/transport/listener.hpp>
#include <restful_functions/transport/passed_listener.hpp>
#ifdef RESTFUL_FUNCTIONS_TLS
#include <restful_functions/transport/tls.hpp>
#endif

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace restful_functions {

namespace detail {

/// The names to accept before it is known where the server listens, and where it does not start():
/// those that fit `host`.
inline std::vector<std::string> expected_hosts(const server_options& o) {
    if (!o.allowed_hosts.empty() || !o.unix_socket.empty()) return o.allowed_hosts;
    if (!transport::is_loopback(o.host)) return {};
    return {o.host};
}

/// The names to accept at sockets that are open, which a manager may have passed. Where only this
/// machine reaches them over TCP, nothing but a page's trick asks for another name; no page reaches
/// a Unix socket.
inline std::vector<std::string> hosts_at(const transport::listener& opened,
                                         const server_options& o) {
    if (!o.allowed_hosts.empty() || !opened.is_local || !transport::has_tcp(opened))
        return o.allowed_hosts;
    return {o.host};
}

/// What would let strangers in.
inline void refuse_openness(const server_options& o, const transport::listener& opened) {
    if (opened.is_local || o.allow_anonymous || !o.tokens.empty() || !o.users.empty() ||
        o.authorizer) {
        return;
    }
    throw std::invalid_argument("others than this machine can reach " + opened.url +
                                ", and anybody could call its functions: give tokens, users or an "
                                "authorizer, or set allow_anonymous");
}

inline api::service_options service_options_of(const server_options& o, std::uint32_t number) {
    return {.executor = {.max_processes = o.max_processes,
                         .warm_processes = o.warm_processes,
                         .max_payload = o.max_payload,
                         .log_bytes = o.log_bytes,
                         .pass_log_through = o.pass_log_through,
                         .core_dumps = o.core_dumps},
            .results = {.result_ttl = o.result_ttl,
                        .max_finished_tasks = o.max_finished_tasks,
                        .max_finished_bytes = o.max_finished_bytes},
            .waiting = {.calls = std::min(o.max_waiting, o.max_connections / 2),
                        .bytes = o.max_incoming_bytes},
            .access = {.tokens = o.tokens,
                       .users = o.users,
                       .authorizer = o.authorizer,
                       .allowed_hosts = expected_hosts(o),
                       .allowed_origins = o.allowed_origins},
            .log = o.log,
            .on_process_start = o.on_process_start,
            .max_body_bytes = o.max_body_bytes,
            .number = number,
            .log_health_checks = o.log_health_checks,
            .trusted_proxies = o.trusted_proxies};
}

/// What encrypts the connections: after the fork server was forked, which is not to know the key.
inline std::shared_ptr<transport::session_source> sessions_of(const server_options& o) {
    if (!o.tls) return nullptr;
#ifdef RESTFUL_FUNCTIONS_TLS
    return std::make_shared<transport::tls>(*o.tls);
#else
    throw std::invalid_argument(
        "this program was built without TLS: define RESTFUL_FUNCTIONS_TLS and link OpenSSL, or "
        "put a proxy that does TLS in front");
#endif
}

inline transport::http_options http_options_of(const server_options& o) {
    return {.limits = {.max_header_bytes = o.max_header_bytes,
                       .max_body_bytes = o.max_body_bytes,
                       .max_fields = o.max_header_fields},
            .header_timeout = o.header_timeout,
            .idle_timeout = o.idle_timeout,
            .max_connections = o.max_connections,
            .max_incoming_bytes = o.max_incoming_bytes,
            .min_body_rate = o.min_body_rate,
            .sessions = sessions_of(o)};
}

inline transport::listener listen(const server_options& o) {
    if (!o.unix_socket.empty()) {
        return transport::listen(transport::unix_address{o.unix_socket},
                                 static_cast<mode_t>(o.unix_socket_mode));
    }
    return transport::listen(transport::tcp_address{o.host, o.port});
}

}  // namespace detail

RESTFUL_FUNCTIONS_INLINE function_server::function_server(server_options options)
    : options_(std::move(options)) {}

RESTFUL_FUNCTIONS_INLINE function_server::~function_server() = default;

RESTFUL_FUNCTIONS_INLINE void function_server::add(function_definition definition) {
    if (service_)
        throw std::logic_error("the function \"" + definition.name +
                               "\" comes too late: add functions before the server starts");
    functions_.add(std::move(definition));
}

RESTFUL_FUNCTIONS_INLINE api::service& function_server::service() {
    if (!service_) {
        if (process::is_spawned_for_another(number_))
            throw std::logic_error(
                "this run of the program serves calls of another of its servers: with "
                "isolation::spawn use start(), or one server only");
        service_ = std::make_unique<api::service>(functions_,
                                                  detail::service_options_of(options_, number_));
    }
    return *service_;
}

RESTFUL_FUNCTIONS_INLINE void function_server::start() {
    if (has_run_) throw std::logic_error("start() was called before; make another function_server");
    if (process::is_spawned_for_another(number_)) return;
    // First: what a manager says to the server is not for its calls.
    const detail::service_manager manager;
    auto passed = options_.socket_activation ? detail::take_passed_sockets()
                                             : std::vector<detail::unique_fd>();
    service();  // forks: no descriptor or thread of the loop may be there yet
    std::optional<detail::stop_signals> signals;
    if (options_.handle_signals) signals.emplace(stop_);
    transport::listener opened =
        passed.empty() ? detail::listen(options_) : transport::listen_at_passed(std::move(passed));
    detail::refuse_openness(options_, opened);
    service_->accept_hosts(detail::hosts_at(opened, options_));
    transport::run(
        *service_, std::move(opened), detail::http_options_of(options_), stop_,
        {.mode = options_.shutdown_mode,
         .drain_timeout = options_.drain_timeout,
         .reloads_at_sighup = options_.handle_signals,
         .reaps_orphans = options_.handle_signals},
        [&](const auto& http) {
            has_run_ = true;
            url_ = http.url();
            port_ = http.port();
            listens_ = true;
            if (options_.on_listening) options_.on_listening(url_);
            manager.notify("READY=1");
        },
        [&] { manager.notify("STOPPING=1"); });
}

}  // namespace restful_functions
