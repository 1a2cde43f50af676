/// service: the whole server but for its sockets. Requests go in, responses come out, and it owns
/// no loop.
#pragma once

#include <restful_functions/api/call_routes.hpp>
#include <restful_functions/api/catalogue_routes.hpp>
#include <restful_functions/api/console_routes.hpp>
#include <restful_functions/api/deadlines.hpp>
#include <restful_functions/api/dispatcher.hpp>
#include <restful_functions/api/event_log.hpp>
#include <restful_functions/api/event_routes.hpp>
#include <restful_functions/api/guard.hpp>
#include <restful_functions/api/health_routes.hpp>
#include <restful_functions/api/idempotency.hpp>
#include <restful_functions/api/list_routes.hpp>
#include <restful_functions/api/log_routes.hpp>
#include <restful_functions/api/metrics.hpp>
#include <restful_functions/api/metrics_routes.hpp>
#include <restful_functions/api/names.hpp>
#include <restful_functions/api/openapi_routes.hpp>
#include <restful_functions/api/origins.hpp>
#include <restful_functions/api/proxies.hpp>
#include <restful_functions/api/router.hpp>
#include <restful_functions/api/service_options.hpp>
#include <restful_functions/api/task_events.hpp>
#include <restful_functions/api/task_routes.hpp>
#include <restful_functions/api/task_witnesses.hpp>
#include <restful_functions/api/wait_routes.hpp>
#include <restful_functions/api/waiting_room.hpp>
#include <restful_functions/detail/earliest.hpp>
#include <restful_functions/detail/memory_reserve.hpp>
#include <restful_functions/function/registry.hpp>
#include <restful_functions/http/accept_encoding.hpp>
#include <restful_functions/http/compression.hpp>
#include <restful_functions/http/message.hpp>
#include <restful_functions/http/packer.hpp>
#include <restful_functions/http/problem.hpp>
#include <restful_functions/http/refusal.hpp>
#include <restful_functions/http/writer.hpp>
#include <restful_functions/process/events.hpp>
#include <restful_functions/process/executor.hpp>
#include <restful_functions/process/operating_system.hpp>
#include <restful_functions/process/outcome.hpp>
#include <restful_functions/task/function_program.hpp>
#include <restful_functions/task/table.hpp>

#include <unistd.h>

#include <chrono>
#include <exception>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace restful_functions::api {

/// Serves the functions of a registry. Used from one thread; no member blocks.
///
/// Whoever owns a loop watches `descriptor()` for reading, and calls `dispatch()` when it is
/// readable or when `next_deadline()` has come, which may change with each `handle()`,
/// `dispatch()`, `terminate_all()` and `kill_all()`.
class service {
 public:
    using reply = api::reply;

    /// In a run of the program that was started for calls of `isolation::spawn`, serves them and
    /// does not return. Otherwise forks the fork server: do it before threads and sockets exist.
    /// The registry must be complete, and outlive the service, as must the system. Throws
    /// std::invalid_argument for options that make no sense, std::system_error when the system
    /// refuses.
    explicit service(const registry& functions, const service_options& options = {},
                     process::operating_system& system = process::operating_system::real())
        : proxies_(options.trusted_proxies),
          logs_health_checks_(options.log_health_checks),
          program_(functions, options.on_process_start, options.number),
          executor_(
              program_, options.executor,
              {.ended = [this](process::call_id call,
                               process::outcome&& how) { calls_.end(call, std::move(how)); },
               .gone = [this](process::call_id call,
                              process::departure&& left) { calls_.depart(call, std::move(left)); },
               .news = [this](process::call_id call) { calls_.tell_news(call); }},
              system),
          counted_(functions.size()),
          log_(options.log, functions, STDERR_FILENO),
          witnesses_(counted_, log_),
          tasks_(functions.size(), options.results, &witnesses_),
          calls_(functions, executor_, tasks_, options.waiting),
          events_(functions, tasks_, calls_, timers_),
          keys_(options.idempotency),
          guard_(options.access, functions, tasks_) {
        witnesses_.tell_to(&events_);
        require_existing_names(routes_, functions, tasks_);
        add_catalogue_routes(routes_, functions, calls_);
        add_task_routes(routes_, functions, tasks_, calls_);
        add_log_routes(routes_, tasks_, calls_);
        add_list_routes(routes_, functions, tasks_, calls_);
        add_wait_routes(routes_, functions, tasks_, calls_, timers_, waiting_);
        add_health_routes(routes_, calls_, executor_, is_withdrawn_);
        add_console_routes(routes_);
        add_event_routes(routes_, tasks_, events_);
        add_openapi_routes(routes_, functions, options.access);
        add_metrics_routes(routes_, {functions, tasks_, calls_, executor_, counted_});
        add_call_routes(routes_, {functions, tasks_, calls_, timers_, waiting_, keys_, log_,
                                  reserve_, options.executor.max_payload, options.max_body_bytes});
    }

    service(const service&) = delete;
    service& operator=(const service&) = delete;

    /// Answers a request. `answer` is called exactly once: in here, in a later dispatch(), or when
    /// the transport tells the request's client_watch that its client has gone. It must not throw;
    /// it may call handle() again, but not dispatch().
    void handle(http::request&& request, reply answer) {
        proxies_.look_behind(request);
        auto logged = log_.is_on() ? std::make_shared<logged_request>(request) : nullptr;
        answer = finished(request, logged, std::move(answer));
        try {
            auto refused = guard_.stop(request);
            if (logged) logged->caller = request.caller;
            if (refused) return answer(std::move(*refused));
            routes_.route(std::move(request), answer);
        } catch (const std::bad_alloc&) {
            detail::has_memory(reserve_, calls_);  // for the next one
            // Handlers answer last, so nothing was answered yet.
            answer(http::problem(503, "the server has no memory left for this request"));
        } catch (const std::exception& failure) {
            answer(http::problem(500, failure.what()));
        }
    }

    /// Whether the body of a request is to be waited for; false: handle() answers its head.
    [[nodiscard]] bool admits(http::request head) const {
        proxies_.look_behind(head);
        return guard_.wants_body(head);
    }

    /// Answers what its transport refuses and never became a request: such an answer is counted,
    /// logged and readable for pages of listed origins, as every other one. `known` is what came of
    /// the head. `answer` is called once, in here.
    void refuse(http::request&& known, const http::refusal& why, reply answer) {
        proxies_.look_behind(known);
        const auto logged = log_.is_on() ? std::make_shared<logged_request>(known) : nullptr;
        const reply finish = finished(known, logged, std::move(answer));
        finish(http::problem(why.status, why.reason));
    }

    [[nodiscard]] int descriptor() const noexcept { return executor_.descriptor(); }

    /// Answers the calls that have ended, and ends those that are over their time.
    void dispatch() {
        executor_.dispatch();
        calls_.meet_deadlines();
        timers_.meet(deadlines::clock::now());
        flush_soon();
        reserve_.refill();
    }

    [[nodiscard]] std::optional<std::chrono::steady_clock::time_point> next_deadline()
        const noexcept {
        return restful_functions::detail::earliest(
            {executor_.next_deadline(), calls_.next_deadline(), timers_.next()});
    }

    /// Whether no task runs or waits.
    [[nodiscard]] bool idle() const noexcept { return calls_.idle(); }

    /// Says that it is not ready, so that no new clients are sent here; serves those that come.
    void withdraw() noexcept { is_withdrawn_ = true; }

    /// Refuses new calls with 503 from now on, and ends the streams of all tasks; the other paths
    /// go on.
    void drain() {
        calls_.drain();
        events_.drain();
    }

    /// Ends all tasks, each with the grace of its function; they end in later calls of dispatch().
    void terminate_all() { calls_.terminate_all(); }

    /// Ends all tasks without any grace, also those that are ending.
    void kill_all() { calls_.kill_all(); }

    /// The names that it is known by from now on, for who learns late where it is listened at.
    void accept_hosts(std::vector<std::string> names) { guard_.accept_hosts(std::move(names)); }

    /// To be told by the transports.
    void connection_opened() noexcept { counted_.on_connection_opened(); }
    void connection_closed() noexcept { counted_.on_connection_closed(); }

 private:
    /// So many lines are written at a time as come in between.
    static constexpr std::chrono::milliseconds flush_interval{100};

    [[nodiscard]] static http::content_coding coding_for(const http::request& request) noexcept {
        if (http::known_codings.size() == 0) return http::content_coding::identity;
        const std::string* accepted = request.headers.find("Accept-Encoding");
        if (accepted == nullptr) return http::content_coding::identity;
        return http::preferred_coding(*accepted, http::known_codings);
    }

    /// What every answer goes through on its way to the client: the last part comes first.
    [[nodiscard]] reply finished(const http::request& request,
                                 const std::shared_ptr<logged_request>& logged, reply answer) {
        answer = [this, method = metrics::index_of(request.method), logged,
                  to_client = std::move(answer)](http::response&& given) {
            counted_.on_answer(method, given.status);
            if (logged) write_down(*logged, given);
            to_client(std::move(given));
        };
        if (const auto coding = coding_for(request); coding != http::content_coding::identity) {
            answer = [this, coding, with = http::exchange(request),
                      to_client = std::move(answer)](http::response&& given) {
                compression_.pack(given, coding, with);
                to_client(std::move(given));
            };
        }
        if (guard_.lets_pages_read()) {
            if (const page from = guard_.page_of(request); from.is_listed()) {
                answer = [from, to_client = std::move(answer)](http::response&& given) {
                    from.let_read(given);
                    to_client(std::move(given));
                };
            }
        }
        return answer;
    }

    void write_down(const logged_request& request, const http::response& answer) {
        if (!logs_health_checks_ && request.asks_for_health() && answer.status < 400) return;
        log_.on_answer(request, answer);
        flush_soon();
    }

    void flush_soon() {
        if (flushes_soon_ || !log_.has_lines()) return;
        timers_.set(deadlines::clock::now() + flush_interval, [this] {
            flushes_soon_ = false;
            log_.flush();
            flush_soon();
        });
        flushes_soon_ = true;
    }

    proxies proxies_;
    bool logs_health_checks_;
    task::function_program program_;
    process::executor executor_;
    restful_functions::detail::memory_reserve reserve_;  // not for processes of calls
    metrics counted_;
    event_log log_;
    task_witnesses witnesses_;
    task::table tasks_;
    waiting_room waiting_;
    dispatcher calls_;
    deadlines timers_;
    task_events events_;
    idempotency_keys keys_;
    guard guard_;
    http::compression compression_;
    bool is_withdrawn_ = false;
    bool flushes_soon_ = false;
    router routes_;
};

}  // namespace restful_functions::api
