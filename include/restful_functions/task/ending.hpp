/// ending: what becomes of a task, by the outcome of its process and by who wanted it to end.
#pragma once

#include <restful_functions/json/parse.hpp>
#include <restful_functions/process/outcome.hpp>
#include <restful_functions/task/quoted.hpp>
#include <restful_functions/task/record.hpp>

#include <csignal>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>

namespace restful_functions::task {

/// Why the server killed a task's process, if it did.
enum class kill_reason : std::uint8_t { none, terminated, timed_out };

/// How a task ended, as its record says it.
struct ending {
    state status;
    std::string result;  ///< A JSON text.
};

namespace detail {

/// Our kill may come too late. Only an outcome that it can have caused is ascribed to it.
inline bool is_death_by_our_hand(const process::outcome& how) noexcept {
    if (const auto* end = std::get_if<process::killed>(&how)) return end->signal == SIGKILL;
    return std::holds_alternative<process::lost>(how);
}

}  // namespace detail

/// The ending of a task whose process ended like this. The process may have been taken over by its
/// input: a result that is not JSON is not passed on.
[[nodiscard]] inline ending judge(process::outcome&& how, kill_reason reason) {
    if (reason != kill_reason::none && detail::is_death_by_our_hand(how)) {
        return reason == kill_reason::timed_out
                   ? ending{state::timeout, quoted("timeout")}
                   : ending{state::failed, quoted("Manual Termination")};
    }
    if (auto* end = std::get_if<process::returned>(&how)) {
        if (json::is_valid(end->bytes)) return {state::done, std::move(end->bytes)};
        return {state::failed, quoted("the task process left a result that is not JSON")};
    }
    return {state::failed, quoted(process::describe(how))};
}

}  // namespace restful_functions::task
