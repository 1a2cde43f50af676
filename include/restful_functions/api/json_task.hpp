/// json_task: a task as clients see it, the four members first that every task has.
#pragma once

#include <restful_functions/api/body.hpp>
#include <restful_functions/api/json_time.hpp>
#include <restful_functions/detail/shared_text.hpp>
#include <restful_functions/function/registry.hpp>
#include <restful_functions/http/pieced_text.hpp>
#include <restful_functions/json/output.hpp>
#include <restful_functions/json/writer.hpp>
#include <restful_functions/process/events.hpp>
#include <restful_functions/process/hand_over.hpp>
#include <restful_functions/process/outcome.hpp>
#include <restful_functions/task/record.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace restful_functions::api {

/// What a task's record does not know at the moment that somebody asks.
struct standing {
    task::wall_time now{};
    std::optional<std::size_t> position{};  ///< 1: the next of its function.
    std::optional<process::progress_report> progress{};
    std::uint64_t log_bytes = 0;  ///< Of a process that is not gone.
};

namespace detail {

/// Adds what the process of a task left behind.
struct cause_members {
    pieced_json& task;
    const restful_functions::detail::shared_text& result;

    void operator()(std::monostate) const {}
    void operator()(const task::bytes&) const {}

    void operator()(const task::thrown& end) const {
        task.add("exception",
                 pieced_json::object().add("type", quoted(end.type)).add("what", result).end());
    }

    void operator()(const process::crashed& end) const {
        task.add("crash", json_text::object()
                              .add("signal", quoted(process::signal_abbreviation(end.signal)))
                              .add("number", std::to_string(end.signal))
                              .add("address", end.address ? json_address(*end.address) : "null")
                              .add("backtrace", json_lines(end.backtrace))
                              .end());
    }

    void operator()(const process::exited& end) const {
        task.add("exit_status", std::to_string(end.status));
    }

 private:
    static std::string json_address(std::uintptr_t address) {
        char digits[2 * sizeof address];
        const auto end = std::to_chars(std::begin(digits), std::end(digits), address, 16).ptr;
        return quoted("0x" + std::string(digits, end));
    }

    static std::string json_lines(std::string_view text) {
        json_text lines = json_text::array();
        while (!text.empty()) {
            const std::size_t end = std::min(text.find('\n'), text.size());
            lines.add(quoted(text.substr(0, end)));
            text.remove_prefix(std::min(end + 1, text.size()));
        }
        return lines.end();
    }
};

inline std::string json_progress(const process::progress_report& report) {
    json::string_output fraction;
    json::writer(fraction).Double(report.fraction);
    return json_text::object()
        .add("fraction", std::move(fraction).take())
        .add("message", quoted(report.message))
        .end();
}

inline std::string json_stop(const task::stop& stop) {
    return json_text::object()
        .add("requested", json_time(stop.requested))
        .add("took", json_seconds(stop.took))
        .end();
}

inline std::string json_usage(const process::usage& used) {
    return json_text::object()
        .add("user_seconds", json_seconds(used.user))
        .add("system_seconds", json_seconds(used.system))
        .add("peak_resident_bytes", std::to_string(used.peak_resident_bytes))
        .add("minor_faults", std::to_string(used.minor_faults))
        .add("major_faults", std::to_string(used.major_faults))
        .end();
}

/// The result, or where to get one that is no JSON.
inline http::pieced_text json_result(const task::record& task, std::string_view root) {
    const std::string_view media_type = task::media_type(task);
    if (media_type.empty()) return task.result;
    json_text text = json_text::object();
    text.add("content_type", quoted(media_type));
    if (const std::string_view name = task::file_name(task); !name.empty())
        text.add("filename", quoted(name));
    return text.add("bytes", std::to_string(task.result.size()))
        .add("href", quoted(std::string(root) + "task/result/" + task.id.to_string()))
        .end();
}

/// How long the task waited, or has been waiting, for its run.
inline std::chrono::milliseconds queue_wait(const task::record& task, task::wall_time now) {
    if (task.started) return task.queue_wait;
    // The wall clock may have been set back.
    return std::max(task.finished.value_or(now) - task.created, std::chrono::milliseconds(0));
}

}  // namespace detail

/// Whether json_task() has the result itself, and not where its bytes are.
[[nodiscard]] inline bool shows_result(const task::record& task) noexcept {
    return task::media_type(task).empty();
}

/// A task in brief, as lists and streams of many show it: without its result, and what it left.
[[nodiscard]] inline std::string json_brief_task(
    const registry& functions, const task::record& task,
    const std::optional<process::progress_report>& progress = std::nullopt) {
    json_text text = json_text::object();
    text.add("task_id", quoted(task.id.to_string()))
        .add("function_name", quoted(functions.at(task.function).name))
        .add("status", quoted(to_string(task.status)))
        .add("outcome", task.how ? quoted(to_string(*task.how)) : "null")
        .add("created", json_time(task.created))
        .add("started", json_time(task.started))
        .add("finished", json_time(task.finished));
    if (progress) text.add("progress", detail::json_progress(*progress));
    return text.end();
}

/// A task as clients see it, which shares a long result with its record. `root` is
/// exchange::root() of the request.
[[nodiscard]] inline http::pieced_text json_task(const registry& functions,
                                                 const task::record& task, const standing& now,
                                                 std::string_view root) {
    pieced_json text = pieced_json::object();
    text.add("task_id", quoted(task.id.to_string()))
        .add("function_name", quoted(functions.at(task.function).name))
        .add("status", quoted(to_string(task.status)))
        .add("result", detail::json_result(task, root))
        .add("outcome", task.how ? quoted(to_string(*task.how)) : "null")
        .add("created", json_time(task.created))
        .add("started", json_time(task.started))
        .add("finished", json_time(task.finished))
        .add("queue_wait", json_seconds(detail::queue_wait(task, now.now)));
    if (now.position) text.add("position", std::to_string(*now.position));
    if (now.progress) text.add("progress", detail::json_progress(*now.progress));
    std::uint64_t log_bytes = now.log_bytes;
    if (task.particulars) {
        std::visit(detail::cause_members{text, task.result}, task.particulars->cause);
        if (task.particulars->stop) text.add("stop", detail::json_stop(*task.particulars->stop));
        log_bytes = std::max(log_bytes, task::log_bytes(task.particulars->log));
    }
    if (task.used) text.add("usage", detail::json_usage(*task.used));
    if (log_bytes != 0) {
        text.add("log", json_text::object().add("bytes", std::to_string(log_bytes)).end());
    }
    return text.end();
}

}  // namespace restful_functions::api
