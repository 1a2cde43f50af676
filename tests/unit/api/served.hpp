/// A service over real processes with a few functions, and a loop that waits for its answers.
#pragma once

#include <restful_functions/api/service.hpp>
#include <restful_functions/function/make_definition.hpp>

#include <doctest/doctest.h>

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace test {

namespace rf = restful_functions;
namespace api = restful_functions::api;
namespace http = restful_functions::http;

using values = std::span<const rf::json::value* const>;

/// A function without types: takes integers, writes what it wants.
class native final : public rf::detail::callable {
 public:
    using body = std::function<void(values, rf::json::writer&)>;

    explicit native(body run) : run_(std::move(run)) {}

    std::optional<rf::json::refusal> check(std::size_t, const rf::json::value& v) const override {
        if (v.IsNull()) throw std::logic_error("a codec of the user's threw");
        if (v.IsInt()) return std::nullopt;
        return rf::json::refusal{"is not an integer", ""};
    }
    void invoke(values given, rf::json::writer& result) const override { run_(given, result); }

 private:
    body run_;
};

inline rf::function_definition function(std::string name, std::vector<rf::arg_definition> args,
                                        native::body run) {
    rf::function_definition f;
    f.name = std::move(name);
    f.args = std::move(args);
    f.callable = std::make_shared<native>(std::move(run));
    return f;
}

[[noreturn]] inline void wait_for_ever() {
    for (;;) ::pause();
}

/// Prints one and two thirds of a character; the rest when it is terminated, if it is to.
[[noreturn]] inline void print_in_pieces(bool has_rest) {
    const auto print = [](std::string_view text) {
        static_cast<void>(!::write(STDOUT_FILENO, text.data(), text.size()));
    };
    static constexpr auto end = [](int) { ::_exit(0); };
    static constexpr auto print_rest = [](int) {
        static_cast<void>(!::write(STDOUT_FILENO, "\xAC", 1));
        ::_exit(0);
    };
    std::signal(SIGTERM, has_rest ? print_rest : +end);
    print("\xE2\x82\xAC\xE2\x82");
    wait_for_ever();
}

/// A crash whose address and whose name in a backtrace are known.
[[gnu::noinline]] inline void write_to(std::uintptr_t address) {
    *reinterpret_cast<volatile int*>(address) = 1;
}

/// Two more processes in the group that do not end by themselves either; prints the group.
inline void ignore_sigterm_with_children() {
    std::signal(SIGTERM, SIG_IGN);
    if (::fork() == 0) {
        static_cast<void>(::fork());
        wait_for_ever();
    }
    std::printf("%d\n", ::getpgrp());
    std::fflush(stdout);
    wait_for_ever();
}

/// Uses a processor until somebody ends it.
[[noreturn]] inline void spin() {
    for (volatile bool on = true; on;) {
    }
    std::abort();
}

/// The functions of the tests; `addition` and `multi` are those of examples/seed.cpp.
inline rf::registry functions() {
    using rf::arg_type;
    rf::registry all;
    auto addition = function("addition",
                             {{"x", arg_type::integer, true, "A value of X"},
                              {"y", arg_type::integer, true, "A value of Y"}},
                             [](values given, rf::json::writer& result) {
                                 result.Int(given[0]->GetInt() + given[1]->GetInt());
                             });
    addition.max_concurrency = 1;
    addition.description = "Simple Awesome Addition";
    all.add(std::move(addition));

    auto multi = function("multi", {}, [](values, rf::json::writer&) { wait_for_ever(); });
    multi.max_concurrency = 2;
    multi.description = "Heavy Function";
    all.add(std::move(multi));

    all.add(function("greet", {{"times", arg_type::integer, false, ""}},
                     [](values, rf::json::writer& result) { result.String("größe \"1\""); }));
    all.add(function("throws", {},
                     [](values, rf::json::writer&) { throw std::runtime_error("no \"luck\""); }));
    all.add(function("crashes", {}, [](values, rf::json::writer&) { write_to(8); }));
    all.add(function("leaves", {}, [](values, rf::json::writer&) { ::_exit(3); }));
    all.add(function("large", {{"bytes", arg_type::integer, true, ""}},
                     [](values given, rf::json::writer& result) {
                         result.String(
                             std::string(static_cast<std::size_t>(given[0]->GetInt()), 'x'));
                     }));
    all.add(function("waits", {}, [](values, rf::json::writer&) { wait_for_ever(); }));
    all.add(function("prints", {{"lines", arg_type::integer, true, ""}},
                     [](values given, rf::json::writer& result) {
                         for (int i = 0; i < given[0]->GetInt(); ++i) std::printf("line %d\n", i);
                         std::fflush(stdout);
                         std::fputs("that is all\n", stderr);
                         result.Null();
                     }));
    all.add(function("reports", {}, [](values, rf::json::writer&) {
        rf::progress(0.25, "a \"quarter\"");
        std::printf("of %s\n", std::string(rf::task_id()).c_str());
        std::fflush(stdout);
        wait_for_ever();
    }));
    auto pieces =
        function("pieces", {{"rest", arg_type::integer, true, ""}},
                 [](values given, rf::json::writer&) { print_in_pieces(given[0]->GetInt() != 0); });
    pieces.grace = std::chrono::hours(1);
    all.add(std::move(pieces));
    all.add(function("euros", {{"count", arg_type::integer, true, ""}},
                     [](values given, rf::json::writer& result) {
                         for (int i = 0; i < given[0]->GetInt(); ++i) std::printf("\xE2\x82\xAC");
                         std::fflush(stdout);
                         result.Null();
                     }));
    auto stubborn =
        function("stubborn", {}, [](values, rf::json::writer&) { ignore_sigterm_with_children(); });
    stubborn.grace = std::chrono::milliseconds(50);
    all.add(stubborn);
    stubborn.name = "slow_to_leave";
    stubborn.grace = std::chrono::hours(1);
    all.add(std::move(stubborn));
    auto hungry = function("hungry", {}, [](values, rf::json::writer& result) {
        result.Uint64(std::vector<char>(std::size_t{1} << 30).size());
    });
    hungry.limits.memory = rf::bytes{64 * 1024 * 1024};
    all.add(std::move(hungry));
    auto busy = function("busy", {}, [](values, rf::json::writer&) { spin(); });
    busy.limits.cpu = std::chrono::seconds(1);
    all.add(std::move(busy));
    auto patient = function("patient", {}, [](values, rf::json::writer&) { wait_for_ever(); });
    patient.max_concurrency = 1;
    patient.max_queued = 2;
    all.add(std::move(patient));
    auto orderly =
        function("orderly", {{"number", arg_type::integer, true, ""}},
                 [](values given, rf::json::writer& result) { result.Int(given[0]->GetInt()); });
    orderly.max_concurrency = 1;
    orderly.max_queued = 100;
    all.add(std::move(orderly));

    all.add(rf::make_definition("mirror",
                                [](rf::blob image, std::optional<int> times) {
                                    const std::string once = image.bytes;
                                    for (int i = 1; i < times.value_or(1); ++i) image.bytes += once;
                                    return image;
                                },
                                {.args = {"image", "times"}}));
    all.add(rf::make_definition("typed",
                                [](const std::string& type) {
                                    return rf::blob{type, "abc"};
                                },
                                {.args = {"type"}}));

    auto devoted = function("devoted", {}, [](values, rf::json::writer&) { wait_for_ever(); });
    devoted.max_concurrency = 1;
    devoted.max_queued = 2;
    devoted.cancel_on_disconnect = true;
    all.add(std::move(devoted));

    auto late = function("late", {}, [](values, rf::json::writer&) { wait_for_ever(); });
    late.timeout = std::chrono::milliseconds(50);
    late.description = "Never in time";
    all.add(std::move(late));
    return all;
}

inline api::service_options few_processes() {
    api::service_options options;
    options.executor.max_processes = 8;
    options.executor.warm_processes = 1;
    options.executor.max_payload = 1024 * 1024;
    return options;
}

/// One process, and room for so many calls that wait for it.
inline api::service_options one_process(std::size_t most_waiting) {
    api::service_options options = few_processes();
    options.executor.max_processes = 1;
    options.waiting.calls = most_waiting;
    return options;
}

/// The value of a header field, or "" when there is none.
inline std::string header(const http::response& response, std::string_view name) {
    const std::string* found = response.headers.find(name);
    return found == nullptr ? "" : *found;
}

class served {
 public:
    explicit served(const api::service_options& options = few_processes())
        : service(all, options) {}

    /// Sends a request. The response appears where the result points to, now or later.
    std::shared_ptr<std::optional<http::response>> send(std::string method, std::string target,
                                                        std::string body = "",
                                                        http::fields headers = {}) {
        http::request request;
        request.headers = std::move(headers);
        request.method = std::move(method);
        request.target = std::move(target);
        request.body = std::move(body);
        auto answer = std::make_shared<std::optional<http::response>>();
        service.handle(std::move(request), [answer](http::response&& response) {
            REQUIRE(!answer->has_value());
            *answer = std::move(response);
        });
        return answer;
    }

    /// The same for a call whose client may leave.
    std::shared_ptr<std::optional<http::response>> call_of(
        const std::shared_ptr<http::client_watch>& client, std::string target,
        http::fields headers = {}, std::string method = "POST") {
        http::request request;
        request.headers = std::move(headers);
        request.method = std::move(method);
        request.target = std::move(target);
        request.client = client;
        auto answer = std::make_shared<std::optional<http::response>>();
        service.handle(std::move(request), [answer](http::response&& response) {
            REQUIRE(!answer->has_value());
            *answer = std::move(response);
        });
        return answer;
    }

    /// Runs the loop until `condition` holds. Waits for events; fails when none comes for a minute.
    template <class Condition>
    void drive_until(Condition condition) {
        const auto limit = std::chrono::steady_clock::now() + std::chrono::minutes(1);
        while (!condition()) {
            const auto until = std::min(limit, service.next_deadline().value_or(limit));
            const auto now = std::chrono::steady_clock::now();
            REQUIRE(now < limit);
            const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - now);
            pollfd readable{service.descriptor(), POLLIN, 0};
            ::poll(&readable, 1, std::max(0, static_cast<int>(left.count())));
            service.dispatch();
        }
    }

    http::response wait(const std::shared_ptr<std::optional<http::response>>& answer) {
        drive_until([&] { return answer->has_value(); });
        return **answer;
    }

    http::response ask(std::string method, std::string target, std::string body = "") {
        return wait(send(std::move(method), std::move(target), std::move(body)));
    }

    http::response get(std::string target) { return ask("GET", std::move(target)); }

    /// Asks again and again, as a client does who follows a task, until `condition` likes the
    /// response's body.
    template <class Condition>
    http::response follow(const std::string& target, Condition condition) {
        const auto limit = std::chrono::steady_clock::now() + std::chrono::minutes(1);
        http::response response = get(target);
        while (!condition(response.body.text())) {
            REQUIRE(std::chrono::steady_clock::now() < limit);
            pollfd readable{service.descriptor(), POLLIN, 0};
            ::poll(&readable, 1, 1);
            service.dispatch();
            response = get(target);
        }
        return response;
    }

    /// Starts a call and gives its task id.
    std::string start(const std::string& name, std::string body = "", http::fields headers = {}) {
        const auto started = wait(send("POST", "/" + name, std::move(body), std::move(headers)));
        REQUIRE(started.status == 200);
        return header(started, "Location").substr(std::string_view("task/info/").size());
    }

    /// What /task/info tells.
    std::string info(const std::string& id) { return get("/task/info/" + id).body.text(); }

    /// The same when the task has ended and its process is gone.
    std::string end_of(const std::string& id) {
        drive_until([&] { return get("/task/done/" + id).body == "true"; });
        get("/task/log/" + id);
        return info(id);
    }

    void wait_until_idle() {
        drive_until([&] { return service.idle(); });
    }

    rf::registry all = functions();
    api::service service;
};

using field = std::pair<const char*, const char*>;

/// The answer to a request with further header fields.
inline http::response ask_as(served& s, const char* method, const std::string& target,
                             std::initializer_list<field> fields, const std::string& body = "") {
    http::fields headers;
    for (const auto& [name, value] : fields) headers.add(name, value);
    return s.wait(s.send(method, target, body, std::move(headers)));
}

}  // namespace test
