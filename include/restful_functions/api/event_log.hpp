/// event_log: a line for each request that was answered and for each task that has ended.
#pragma once

#include <restful_functions/api/body.hpp>
#include <restful_functions/api/json_time.hpp>
#include <restful_functions/api/log_format.hpp>
#include <restful_functions/detail/line_log.hpp>
#include <restful_functions/function/registry.hpp>
#include <restful_functions/http/message.hpp>
#include <restful_functions/http/trace_context.hpp>
#include <restful_functions/task/record.hpp>
#include <restful_functions/task/time.hpp>
#include <restful_functions/task/uuid.hpp>

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace restful_functions::api {

/// What the line of a request needs, of before its answer.
struct logged_request {
    std::string method;
    std::string path;  ///< without the query, which may hold what is secret
    std::string peer;
    std::string caller{};
    std::string trace{};
    task::moment arrived = task::clock::now();

    explicit logged_request(const http::request& request)
        : method(request.method),
          path(request.target.substr(0, request.target.find('?'))),
          peer(request.peer) {
        const std::string* traceparent = request.headers.find("Traceparent");
        if (traceparent != nullptr && http::is_traceparent(*traceparent)) trace = *traceparent;
    }

    /// Whether it is a health check or a reading of the metrics, which come every few seconds.
    [[nodiscard]] bool asks_for_health() const noexcept {
        return path == "/metrics" || path.starts_with("/health/");
    }
};

/// Both forms have the same members in the same order; plain lines leave out empty ones.
class event_log {
 public:
    /// The registry must outlive it.
    event_log(log_format format, const registry& functions, int descriptor)
        : format_(format), functions_(functions) {
        if (is_on()) lines_.emplace(descriptor);
    }

    [[nodiscard]] bool is_on() const noexcept { return format_ != log_format::none; }

    void on_answer(const logged_request& request, const http::response& answer) {
        const task::moment now = task::clock::now();
        line(now, "request",
             {{"peer", quoted(request.peer)},
              {"caller", quoted(request.caller)},
              {"method", quoted(request.method)},
              {"path", quoted(request.path)},
              {"status", std::to_string(answer.status)},
              {"bytes", std::to_string(request.method == "HEAD" ? 0 : answer.body.size())},
              {"seconds", seconds(now.steady - request.arrived.steady)},
              {"traceparent", quoted(request.trace)}});
    }

    /// The line of the task, when it has ended, is to have its trace.
    void remember_trace(const task::uuid& id, std::string trace) {
        if (is_on()) traces_[id] = std::move(trace);
    }

    void on_end(const task::record& ended, std::optional<std::chrono::nanoseconds> ran) {
        if (!is_on()) return;
        const auto trace = traces_.extract(ended.id);
        line(task::clock::now(), "task",
             {{"task_id", quoted(ended.id.to_string())},
              {"function", quoted(functions_.at(ended.function).name)},
              {"status", quoted(to_string(ended.status))},
              {"outcome", quoted(ended.how ? to_string(*ended.how) : "")},
              {"seconds", seconds(ran.value_or(std::chrono::nanoseconds(0)))},
              {"queue_wait", json_seconds(ended.queue_wait)},
              {"traceparent", quoted(trace ? trace.mapped() : "")}});
    }

    /// Whether there are lines that were not written yet.
    [[nodiscard]] bool has_lines() const noexcept { return lines_ && !lines_->empty(); }
    void flush() {
        if (lines_) lines_->flush();
    }

 private:
    using members = std::initializer_list<std::pair<std::string_view, std::string>>;

    static std::string seconds(std::chrono::nanoseconds duration) {
        return json_seconds(std::chrono::floor<std::chrono::microseconds>(duration));
    }

    void line(const task::moment& now, std::string_view event, members all) {
        if (format_ == log_format::json) {
            json_text text = json_text::object();
            text.add("time", json_time(now.wall)).add("event", quoted(event));
            for (const auto& [name, value] : all) text.add(name, value);
            return lines_->add(text.end());
        }
        const std::string time = json_time(now.wall);
        std::string text = time.substr(1, time.size() - 2);
        text.append(" ").append(event);
        for (const auto& [name, value] : all) {
            if (value == "\"\"") continue;
            text.append(" ").append(name).append("=").append(bare(value));
        }
        lines_->add(text);
    }

    /// A JSON text as plain lines have it: strings that need no quotes have none.
    static std::string_view bare(std::string_view value) noexcept {
        const bool is_plain = value.starts_with('"') &&
                              value.find_first_of(" \\=", 1) == value.npos &&
                              value.find('"', 1) == value.size() - 1;
        return is_plain ? value.substr(1, value.size() - 2) : value;
    }

    log_format format_;
    const registry& functions_;
    std::optional<restful_functions::detail::line_log> lines_;
    std::unordered_map<task::uuid, std::string> traces_;  // of tasks that have not ended
};

}  // namespace restful_functions::api
