/// Everything that a function_server can be told.
#pragma once

#include <restful_functions/api/access.hpp>
#include <restful_functions/api/log_format.hpp>
#include <restful_functions/http/limits.hpp>
#include <restful_functions/process/executor_options.hpp>
#include <restful_functions/task/retention.hpp>
#include <restful_functions/task/waiting_limits.hpp>
#include <restful_functions/transport/http_options.hpp>
#include <restful_functions/transport/shutdown_mode.hpp>
#include <restful_functions/transport/tls_options.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace restful_functions {

/// Where a server listens, how it ends, and what it grants. Each field has a default.
struct server_options {
    /// A name or an address. A name with several addresses, as "localhost", is listened to at each.
    std::string host = "127.0.0.1";
    /// 0: any free one, which `function_server::port()` tells.
    std::uint16_t port = 8888;
    /// When not empty the server listens there, at a path in the file system, and not over TCP.
    std::string unix_socket = {};

    /// Certificate and key for TLS; without them bytes are not encrypted. Needs the library built
    /// with OpenSSL (RESTFUL_FUNCTIONS_TLS).
    std::optional<tls_options> tls = std::nullopt;

    /// What becomes of the tasks that run or wait when it is asked to stop: `join` lets them end,
    /// `terminate` ends them, with the grace of their functions.
    restful_functions::shutdown_mode shutdown_mode = restful_functions::shutdown_mode::join;
    /// For how long the tasks that run when it is asked to stop may go on; then they are ended,
    /// with the grace of their functions. Without it they may as long as they like. Under
    /// `terminate` that time is none.
    std::optional<std::chrono::milliseconds> drain_timeout = std::nullopt;
    /// Whether it listens at the sockets that a service manager passes (LISTEN_FDS) when there are
    /// any, instead of at `host` or `unix_socket`.
    bool socket_activation = true;
    /// Whether SIGINT and SIGTERM stop the server while it runs, and SIGHUP has it read its
    /// certificate again; and whether, as the first process of a container, it reaps the orphans
    /// that it inherits, at SIGCHLD. If SIGINT or SIGTERM is ignored when it starts, as SIGINT is
    /// in a shell's background job, it stays ignored.
    bool handle_signals = true;

    /// Processes, waiting and working together; when all work, a call waits.
    std::size_t max_processes = process::executor_options{}.max_processes;
    /// Calls that wait for a process, of all functions, without those within a function's own
    /// `max_queued`. At most half of `max_connections`, so that others are still heard. Beyond
    /// that, or with bodies of more than `max_incoming_bytes` together, a call that finds no
    /// process is refused with 503, unless its body is small and fewer than 16 calls of its
    /// function wait. 0: only functions with `max_queued` have calls that wait.
    std::size_t max_waiting = task::waiting_limits{}.calls;
    /// Processes that wait for the next call.
    std::size_t warm_processes = process::executor_options{}.warm_processes;
    /// Bytes of a call's arguments, and of its result, as JSON; a larger result is a failed task.
    std::size_t max_payload = process::executor_options{}.max_payload;
    /// Bytes kept of what a call prints, the last ones; `/task/log/{task_id}` shows them. 0: calls
    /// print where the server does, and have no log.
    std::size_t log_bytes = process::executor_options{}.log_bytes;
    /// Whether what calls print also goes to the server's standard error.
    bool pass_log_through = process::executor_options{}.pass_log_through;

    /// Lines on the standard error stream, of requests that were answered and tasks that have
    /// ended. A reader who does not keep up misses lines and holds up nobody.
    log_format log = log_format::plain;

    /// For how long a result is kept.
    std::chrono::milliseconds result_ttl = task::retention{}.result_ttl;
    /// Finished tasks kept: a million, or as many as a quarter of the memory holds, control groups
    /// included. Of the caller with the most, those go first whose results it has got.
    std::size_t max_finished_tasks = task::retention{}.max_finished_tasks;
    /// Bytes of their results, logs and backtraces together: 1 GiB, or a quarter of the memory.
    std::size_t max_finished_bytes = task::retention{}.max_finished_bytes;

    /// Callers who send a bearer token. With one of them, a user or an authorizer, others are
    /// served only GET of `/health/live` and `/health/ready`, and of the console's page, which
    /// holds no data: `/` for a browser, and its files in `/console/`.
    std::vector<token> tokens = {};
    /// Callers whose browsers ask for a name and a password.
    std::vector<user> users = {};
    /// Decides on requests of no known token or user.
    restful_functions::authorizer authorizer = {};
    /// Serves everybody at addresses that others can reach; without it, and without callers to tell
    /// apart, `start()` refuses to.
    bool allow_anonymous = false;
    /// The names that the server is known by; a request for another one is refused. Empty: where
    /// `start()` listens on loopback alone, also at a socket that was passed, `host` and localhost;
    /// elsewhere, and at Unix sockets alone, any. Addresses are always accepted.
    std::vector<std::string> allowed_hosts = {};
    /// The origins, such as "https://example.org", whose pages may use the server; "*": any.
    std::vector<std::string> allowed_origins = {};

    /// Bytes of a request line and header fields; past it 414 or 431.
    std::size_t max_header_bytes = http::limits{}.max_header_bytes;
    /// Header fields of a request; past it 431.
    std::size_t max_header_fields = http::limits{}.max_fields;
    /// Bytes of a request's body; past it 413.
    std::size_t max_body_bytes = http::limits{}.max_body_bytes;
    /// From the first byte of a request to the end of its header fields; past it 408.
    std::chrono::milliseconds header_timeout = transport::http_options{}.header_timeout;
    /// After which a connection without a request, or one whose client does not read its response,
    /// ends.
    std::chrono::milliseconds idle_timeout = transport::http_options{}.idle_timeout;
    /// Bytes per second with which the body of a request comes, seen over 30 seconds; a slower one
    /// is refused with 408. 0: one byte in 30 seconds is enough.
    std::size_t min_body_rate = transport::http_options{}.min_body_rate;
    /// Connections at a time; further clients wait. `start()` raises the process's soft limit of
    /// open descriptors to what they need, up to the hard limit; where that is too low fewer are
    /// let in, so that the server has its own.
    std::size_t max_connections = transport::http_options{}.max_connections;
    /// Bytes of bodies on their way in, those of all connections together; past it 503 for one
    /// above 64 KiB. It is at least `max_body_bytes`.
    std::size_t max_incoming_bytes = transport::http_options{}.max_incoming_bytes;

    /// Called by `start()` once clients can connect, with where, e.g. "http://127.0.0.1:8888" or
    /// "unix:/run/functions.sock".
    std::function<void(const std::string& url)> on_listening = {};

    /// Whether a call that crashes may leave a core dump, as far as the server itself may: a copy
    /// of its memory, with its arguments and what the program had loaded.
    bool core_dumps = process::executor_options{}.core_dumps;
    /// Who may connect to `unix_socket`, as for chmod(2): 0660 for a group, 0666 for everybody on
    /// the machine.
    unsigned unix_socket_mode = 0600;
    /// Called in each process that serves calls, before its first call, and under
    /// isolation::rewind before each: for what may not be the same in two processes, or cannot be
    /// forked, as the seed of a generator, a connection to a database, a device. A parked process
    /// has done it before its call comes. What it prints is in the log of the first call. If it
    /// throws, crashes or exits, so does the call that would have run, and the next process is
    /// started after a while.
    std::function<void()> on_process_start = {};

    /// Proxies in front of the server: addresses, nets such as "10.0.0.0/8" or "fd00::/8", or
    /// "unix" for clients of `unix_socket`. What they say in `Forwarded` (RFC 7239) and
    /// `X-Forwarded-For` is the peer in the log; what they say of host and scheme, also in
    /// `X-Forwarded-Host` and `X-Forwarded-Proto`, is compared with the `Origin` of pages.
    std::vector<std::string> trusted_proxies = {};
    /// Whether successful requests for `/health` and `/metrics` have a line in the log.
    bool log_health_checks = false;
};

}  // namespace restful_functions
