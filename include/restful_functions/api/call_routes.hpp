/// call_routes: POST to a function calls it.
#pragma once

#include <restful_functions/api/body.hpp>
#include <restful_functions/api/call_answers.hpp>
#include <restful_functions/api/call_arguments.hpp>
#include <restful_functions/api/deadlines.hpp>
#include <restful_functions/api/dispatcher.hpp>
#include <restful_functions/api/event_log.hpp>
#include <restful_functions/api/idempotency.hpp>
#include <restful_functions/api/json_task.hpp>
#include <restful_functions/api/names.hpp>
#include <restful_functions/api/router.hpp>
#include <restful_functions/api/standing.hpp>
#include <restful_functions/api/time_limit.hpp>
#include <restful_functions/api/waiting.hpp>
#include <restful_functions/api/waiting_room.hpp>
#include <restful_functions/detail/memory_reserve.hpp>
#include <restful_functions/function/definition.hpp>
#include <restful_functions/function/registry.hpp>
#include <restful_functions/http/client_watch.hpp>
#include <restful_functions/http/decompression.hpp>
#include <restful_functions/http/message.hpp>
#include <restful_functions/http/preferences.hpp>
#include <restful_functions/http/problem.hpp>
#include <restful_functions/http/trace_context.hpp>
#include <restful_functions/task/call.hpp>
#include <restful_functions/task/record.hpp>
#include <restful_functions/task/table.hpp>
#include <restful_functions/task/uuid.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace restful_functions::api {

/// What the answering of calls works with; all of it outlives the router.
struct call_surroundings {
    const registry& functions;
    const task::table& tasks;
    dispatcher& calls;
    deadlines& timers;
    waiting_room& room;
    idempotency_keys& keys;
    event_log& log;
    restful_functions::detail::memory_reserve& reserve;
    std::size_t max_payload;     ///< bytes of a call's arguments
    std::size_t max_body_bytes;  ///< of a request, when it is unpacked
};

namespace detail {

/// The refusal of a request that asks for something that cannot be, or nothing.
using refusal = std::optional<http::response>;

/// What a request says of its call beside the arguments.
struct call_wishes {
    std::chrono::milliseconds timeout = std::chrono::milliseconds::max();
    http::preferences prefer{};
    std::optional<std::string> key{};  ///< Idempotency-Key
    std::string trace{};               ///< Traceparent

    /// Reads the header fields.
    [[nodiscard]] refusal read(const http::fields& headers) {
        if (const std::string* limit = headers.find(time_limit_field)) {
            const auto parsed = parse_time_limit(*limit);
            if (!parsed) {
                return http::problem(
                    400, std::string(time_limit_field) + " is not a number of seconds above 0");
            }
            timeout = *parsed;
        }
        if (headers.find("Prefer") != nullptr) prefer = http::parse_preferences(headers);
        if (const std::string* field = headers.find("Idempotency-Key")) {
            key = parse_idempotency_key(*field);
            if (!key) {
                return http::problem(400,
                                     "the Idempotency-Key is not a string of 1 to 255 visible "
                                     "characters, such as \"8e03978e-40d5\"");
            }
        }
        const std::string* traceparent = headers.find("Traceparent");
        if (traceparent != nullptr && http::is_traceparent(*traceparent)) trace = *traceparent;
        return std::nullopt;
    }
};

/// Whether there is memory for something new; results make room for it.
inline bool has_memory(restful_functions::detail::memory_reserve& reserve, dispatcher& calls) {
    return reserve.refill() || (calls.make_room(2 * reserve.size) && reserve.refill());
}

/// One call from its request to its answer.
class calling {
 public:
    calling(const call_surroundings& with, exchange&& asked, bool waits)
        : with_(with), asked_(std::move(asked)), waits_(waits) {}

    void run() {
        if (!has_memory(with_.reserve, with_.calls)) {
            return asked_.answer(http::problem(
                503, "the server has no memory left for another call; try again later"));
        }
        const std::uint32_t function = function_index(with_.functions, asked_.parameter);
        const function_definition& called = with_.functions.at(function);
        if (auto bad = http::unpack_body(asked_.request, with_.max_body_bytes))
            return asked_.answer(std::move(*bad));
        if (auto bad = collect_arguments(asked_.request, asked_.query, called))
            return asked_.answer(std::move(*bad));
        const std::string& body = asked_.request.body;
        if (body.size() > with_.max_payload) {
            return asked_.answer(http::problem(413, "a call takes at most " +
                                                        std::to_string(with_.max_payload) +
                                                        " bytes of arguments"));
        }
        if (auto bad = std::visit(bad_body{}, called.check(body)))
            return asked_.answer(std::move(*bad));
        if (auto bad = wishes_.read(asked_.request.headers)) return asked_.answer(std::move(*bad));
        if (wishes_.key && repeats(function)) return;
        start(function);
    }

 private:
    /// Answers with the result of a task that has ended.
    [[nodiscard]] task::listener result_sender() const {
        return [&calls = with_.calls, owner = asked_.request.owner,
                answer = asked_.answer](const task::record& ended) {
            answer_late(answer, [&] {
                http::response made = result_answer(ended);
                calls.deliver(ended.id, owner);
                return made;
            });
        };
    }

    void start(std::uint32_t function) {
        task::call wanted{.function = function,
                          .owner = asked_.request.owner,
                          .body = asked_.request.body,
                          .timeout = wishes_.timeout,
                          .trace = wishes_.trace};
        const bool is_plain = !wishes_.prefer.any();
        if (waits_ && is_plain) {
            wanted.on_end = result_sender();
        }
        const auto started = with_.calls.start(std::move(wanted));
        const auto* id = std::get_if<task::uuid>(&started);
        if (id == nullptr) return asked_.answer(std::visit(start_answer{asked_.root()}, started));
        try {
            if (wishes_.key) {
                with_.keys.remember(asked_.request.owner, *wishes_.key,
                                    {function, asked_.request.body}, *id, deadlines::clock::now());
            }
            if (!wishes_.trace.empty()) with_.log.remember_trace(*id, wishes_.trace);
            if (waits_ && is_plain) {
                end_with_client(function, *id);
                forget_with_client(*id, task::listeners::first);
            }
        } catch (const std::exception&) {
            with_.calls.forget(*id, task::listeners::first);  // the client is told of the failure
            throw;
        }
        if (!is_plain) return answer_as_preferred(*with_.tasks.find(*id));
        if (!waits_) asked_.answer(start_answer{asked_.root()}(*id));
    }

    /// Has the call end with its client, where its function says so. Who has a key may come back
    /// for the result.
    void end_with_client(std::uint32_t function, const task::uuid& id) {
        http::client_watch* const client = asked_.request.client.get();
        if (client == nullptr || !with_.functions.at(function).cancel_on_disconnect || wishes_.key)
            return;
        client->on_leave([&calls = with_.calls, id] { calls.abandon(id); });
    }

    /// Whether the key was there before; then the call is answered.
    bool repeats(std::uint32_t function) {
        const auto* known =
            with_.keys.find(asked_.request.owner, *wishes_.key, deadlines::clock::now());
        if (known == nullptr) return false;
        if (known->call != idempotency_keys::fingerprint(function, asked_.request.body)) {
            asked_.answer(http::problem(
                422,
                "the Idempotency-Key was used for another call; take a new key for each call"));
            return true;
        }
        asked_.answer = [answer = std::move(asked_.answer)](http::response&& first) {
            first.headers.add("Idempotent-Replayed", "true");
            answer(std::move(first));
        };
        if (const task::record* task = with_.tasks.find(known->started)) {
            answer_for(*task);
        } else {
            asked_.answer(http::problem(
                410,
                "the task that this Idempotency-Key has started is forgotten with its result"));
        }
        return true;
    }

    void answer_for(const task::record& task) {
        if (wishes_.prefer.any()) return answer_as_preferred(task);
        if (!waits_) return asked_.answer(start_answer{asked_.root()}(task.id));
        if (has_ended(task.status)) return result_sender()(task);
        const auto listening = with_.calls.listen(task.id, result_sender());
        if (listening) forget_with_client(task.id, *listening);
    }

    /// Has nobody wait for the end of a task when the client has gone.
    void forget_with_client(const task::uuid& id, task::listeners::number which) {
        if (asked_.request.client == nullptr) return;
        asked_.request.client->on_close([&calls = with_.calls, id, which, answer = asked_.answer] {
            calls.forget(id, which);
            answer(nobody_there());
        });
    }

    /// RFC 7240: the result if it is there within the wait, else where to find it.
    void answer_as_preferred(const task::record& task) {
        asked_.answer = [answer = std::move(asked_.answer),
                         applied = wishes_.prefer.applied()](http::response&& given) {
            given.headers.add("Preference-Applied", applied);
            given.headers.add("Vary", "Prefer");
            answer(std::move(given));
        };
        const std::chrono::seconds patience = wishes_.prefer.wait.value_or(std::chrono::seconds(0));
        if (patience.count() == 0) return asked_.answer(accepted(task.id));
        if (has_ended(task.status)) return result_sender()(task);
        auto place = with_.room.enter(asked_.request.owner);
        if (!place) return asked_.answer(accepted(task.id));
        wait_for_end(
            with_.calls, with_.timers, task.id, patience, asked_.request.client.get(),
            std::move(place), result_sender(),
            [with = with_, id = task.id, root = asked_.root(), answer = asked_.answer] {
                answer_late(answer, [&] { return accepted(with, id, root); });
            },
            asked_.answer);
    }

    [[nodiscard]] http::response accepted(const task::uuid& id) const {
        return accepted(with_, id, asked_.root());
    }

    [[nodiscard]] static http::response accepted(const call_surroundings& with,
                                                 const task::uuid& id, const std::string& root) {
        const task::record& task = *with.tasks.find(id);
        http::response response = json_response(
            202, json_task(with.functions, task, standing_of(task, with.calls), root));
        response.headers.add("Location", root + "task/info/" + id.to_string());
        return response;
    }

    const call_surroundings& with_;
    exchange asked_;
    bool waits_;
    call_wishes wishes_{};
};

}  // namespace detail

/// Adds POST /{function_name}, which answers with the task's id at once, and POST
/// /{function_name}/keep-connection, which answers with the result when it is there. X-Timeout
/// tightens the timeout of either, Prefer says how long the client waits for the result, and
/// Idempotency-Key makes a call that is sent again run once.
inline void add_call_routes(router& routes, const call_surroundings& with) {
    routes.add("POST", "/{function_name}",
               [with](exchange&& asked) { detail::calling(with, std::move(asked), false).run(); });
    routes.add("POST", "/{function_name}/keep-connection",
               [with](exchange&& asked) { detail::calling(with, std::move(asked), true).run(); });
}

}  // namespace restful_functions::api
