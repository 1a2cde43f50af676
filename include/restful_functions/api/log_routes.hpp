/// log_routes: what a call printed, while it runs and afterwards.
#pragma once

#include <restful_functions/api/body.hpp>
#include <restful_functions/api/dispatcher.hpp>
#include <restful_functions/api/names.hpp>
#include <restful_functions/api/router.hpp>
#include <restful_functions/detail/utf8_parts.hpp>
#include <restful_functions/http/form.hpp>
#include <restful_functions/http/problem.hpp>
#include <restful_functions/process/events.hpp>
#include <restful_functions/task/record.hpp>
#include <restful_functions/task/table.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace restful_functions::api {

namespace detail {

/// A byte's number in a log; nullopt: the text is none.
[[nodiscard]] inline std::optional<std::uint64_t> parse_offset(std::string_view text) {
    std::uint64_t offset = 0;
    const char* end = text.data() + text.size();
    const auto [read_to, error] = std::from_chars(text.data(), end, offset);
    if (error != std::errc() || read_to != end) return std::nullopt;
    return offset;
}

/// What is kept of a log from byte `offset` on. A character whose rest is not printed yet, or not
/// kept any more, is left out.
[[nodiscard]] inline http::response log_response(process::log_excerpt log, std::uint64_t offset,
                                                 bool is_complete) {
    using namespace restful_functions::detail;
    if (!is_complete) log.text.resize(log.text.size() - unfinished_bytes(log.text));
    const std::uint64_t size = task::log_bytes(log);
    std::uint64_t first = std::clamp(offset, log.offset, size);
    if (first > offset) first += left_over_bytes(log.text);
    log.text.erase(0, static_cast<std::size_t>(first - log.offset));
    http::response response = text_response(std::move(log.text));
    response.headers.add("Log-Offset", std::to_string(first));
    response.headers.add("Log-Size", std::to_string(size));
    return response;
}

}  // namespace detail

/// Adds GET /task/log/{task_id}: the last bytes of what the call printed, or with `?offset=N` those
/// of them from byte N on. `Log-Offset` is the number of the first byte in the body, `Log-Size`
/// that of the byte after the last one, from which a reader who follows the log asks on. The table
/// and the dispatcher must outlive the router.
inline void add_log_routes(router& routes, const task::table& tasks, dispatcher& calls) {
    const auto answer = [&tasks, &calls](const exchange& asked, std::uint64_t offset) {
        answer_late(asked.answer, [&] {
            const task::record* task = find_task(tasks, asked.parameter);
            if (task == nullptr) return task_not_found(asked.parameter);
            if (task->particulars && task->used)
                return detail::log_response(task->particulars->log, offset, true);
            return detail::log_response(calls.log(task->id), offset, false);
        });
    };
    routes.add("GET", "/task/log/{task_id}", [&tasks, &calls, answer](exchange&& asked) {
        const auto query = http::parse_form(asked.query);
        const std::string* text = query ? http::find(*query, "offset") : nullptr;
        const auto offset =
            query ? detail::parse_offset(text == nullptr ? "0" : *text) : std::nullopt;
        if (!offset) {
            return asked.answer(
                http::problem(400, "offset is not a number of bytes, as 1000 in ?offset=1000"));
        }
        const task::record& task = *find_task(tasks, asked.parameter);
        if (!has_ended(task.status)) return answer(asked, *offset);
        // What a task printed last may arrive after its result: it is complete with the process.
        calls.when_gone(task.id, [answer, asked = std::move(asked), offset = *offset] {
            answer(asked, offset);
        });
    });
}

}  // namespace restful_functions::api
