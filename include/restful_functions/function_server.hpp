/// function_server: functions in, HTTP out. The parts, put together.
#pragma once

#include <restful_functions/detail/stop_switch.hpp>
#include <restful_functions/function/definition.hpp>
#include <restful_functions/function/make_definition.hpp>
#include <restful_functions/function/registry.hpp>
#include <restful_functions/server_options.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace restful_functions {

namespace api {
class service;
}

/// A server of functions over HTTP, each call in a process of its own:
///
///     rf::function_server server({.port = 8888});
///     server.add_function<addition>({.args = {"x", "y"}});
///     server.start();
///
/// What the program has in memory when the server starts is there in each call, shared until it is
/// written to. stop(), port() and url() may be called from any thread, the others from one.
class function_server {
 public:
    /// Throws std::system_error when the system refuses a descriptor.
    explicit function_server(server_options options = {});
    function_server(const function_server&) = delete;
    function_server& operator=(const function_server&) = delete;
    ~function_server();

    /// Adds the function `F` under its own name, or under `.name`. What its options hold, and what
    /// of them is a compile error, says function_options.
    ///
    /// Throws std::invalid_argument when the name is taken or is no segment of a URL,
    /// std::logic_error when the server has started.
    template <auto F>
    void add_function(const options_of<F>& options = {}) {
        add(make_definition<F>(options));
    }

    /// Adds any callable, e.g. a lambda with captures, under a name. Throws as the other one does.
    template <typename Callable>
    void add_function(std::string name, Callable callable,
                      const callable_options<Callable>& options = {}) {
        add(make_definition(std::move(name), std::move(callable), options));
    }

    /// The server without its sockets, for a transport of one's own or for an asio::io_context that
    /// is already there. Made at the first use, with the functions added so far: from then on the
    /// server has started. Make it before threads, sockets and other things that a call is not to
    /// inherit. Throws std::system_error when the system refuses processes or memory,
    /// std::invalid_argument when `max_processes` or `max_payload` is 0, or one of them or
    /// `log_bytes` is beyond all reason, for a token or a user without a secret, and for an entry
    /// of `trusted_proxies` that is not an address or a net.
    ///
    /// Whoever listens for it decides who reaches it: without `tokens`, `users` or an `authorizer`
    /// everybody is served, and nothing refuses to listen for others than this machine, as start()
    /// does. Names in Host are accepted as `host` and `allowed_hosts` say.
    ///
    /// With RESTFUL_FUNCTIONS_SEPARATE_COMPILATION, include <restful_functions/api/service.hpp> to
    /// use it.
    api::service& service();

    /// Serves until stop() or, with `handle_signals`, until SIGINT or SIGTERM. The first of them
    /// refuses new connections and calls, waits for the tasks that run or wait, or ends them
    /// with their grace (`shutdown_mode`), and returns; the second one ends them in any case,
    /// without any grace.
    ///
    /// In a run of the program that was started for calls of `isolation::spawn`, serves those calls
    /// and does not return, but for another server of the program, where it returns at once.
    ///
    /// Serves once; std::logic_error otherwise, and when another server handles the signals. Throws
    /// what service() throws, and
    ///
    /// - std::system_error when it cannot listen, e.g. because the port is busy; the message names
    ///   address and port;
    /// - std::invalid_argument for timeouts and a number of connections that would serve no one,
    ///   passed sockets that are none to listen at, strangers who could call without
    ///   `allow_anonymous`, and `tls` in a program that was built without it;
    /// - std::runtime_error for files of `tls` that are unfit.
    ///
    /// If it throws before it listens, it can be called again. What a service manager passed, its
    /// sockets and NOTIFY_SOCKET, is gone by then: it listens at `host` or `unix_socket`.
    void start();

    /// Makes start() return, as a signal does; before start(), makes it return at once. May be
    /// called from any thread and from a signal handler.
    void stop() noexcept { stop_.request(); }

    /// The port that it listens on; 0 until it does, and for a Unix socket.
    [[nodiscard]] std::uint16_t port() const noexcept { return port_.load(); }

    /// Where it listens, e.g. "http://127.0.0.1:8888"; empty until it does.
    [[nodiscard]] const std::string& url() const noexcept { return listens_ ? url_ : no_url_; }

 private:
    void add(function_definition definition);

    /// Counts the servers of the program: runs of the same program make the same ones.
    static std::uint32_t next_number() noexcept {
        static std::atomic<std::uint32_t> servers{0};
        return servers++;
    }

    const std::uint32_t number_ = next_number();
    server_options options_;
    registry functions_;
    detail::stop_switch stop_;
    std::unique_ptr<api::service> service_;
    bool has_run_ = false;
    const std::string no_url_;
    std::string url_;                   ///< written once, before `listens_`
    std::atomic<bool> listens_{false};  ///< other threads may read `url_`
    std::atomic<std::uint16_t> port_{0};
};

}  // namespace restful_functions

#ifndef RESTFUL_FUNCTIONS_SEPARATE_COMPILATION
#include <restful_functions/function_server_definitions.hpp>
#endif
