/// record: what is known of one task, from the arrival of its call until its result expires.
#pragma once

#include <restful_functions/detail/shared_text.hpp>
#include <restful_functions/process/events.hpp>
#include <restful_functions/process/outcome.hpp>
#include <restful_functions/task/time.hpp>
#include <restful_functions/task/uuid.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace restful_functions::task {

/// Where a task stands.
enum class state : std::uint8_t {
    queued,  ///< It waits for other calls to end.
    running,
    done,     ///< The function returned.
    failed,   ///< It threw, its process ended otherwise, or somebody terminated it.
    timeout,  ///< It ran longer than its function's timeout.
};

/// The state as clients read it: "QUEUED", "RUNNING", "DONE", "FAILED", "TIMEOUT".
[[nodiscard]] constexpr std::string_view to_string(state value) noexcept {
    switch (value) {
        case state::queued:
            return "QUEUED";
        case state::running:
            return "RUNNING";
        case state::done:
            return "DONE";
        case state::failed:
            return "FAILED";
        case state::timeout:
            return "TIMEOUT";
    }
    return "";
}

/// Whether the task has its result.
[[nodiscard]] constexpr bool has_ended(state value) noexcept {
    return value != state::queued && value != state::running;
}

/// Why a task has the state that it ended with: process::outcome, and who wanted the end.
enum class outcome : std::uint8_t {
    returned,
    threw,
    crashed,
    exited,
    out_of_memory,
    cpu_limit,
    timed_out,
    terminated,
    result_too_large,
    lost,
};

/// The outcome as clients read it: its name.
[[nodiscard]] constexpr std::string_view to_string(outcome value) noexcept {
    switch (value) {
        case outcome::returned:
            return "returned";
        case outcome::threw:
            return "threw";
        case outcome::crashed:
            return "crashed";
        case outcome::exited:
            return "exited";
        case outcome::out_of_memory:
            return "out_of_memory";
        case outcome::cpu_limit:
            return "cpu_limit";
        case outcome::timed_out:
            return "timed_out";
        case outcome::terminated:
            return "terminated";
        case outcome::result_too_large:
            return "result_too_large";
        case outcome::lost:
            return "lost";
    }
    return "";
}

/// What the function threw. Its what() is the task's result.
struct thrown {
    std::string type;
};

/// What the function returned is no JSON.
struct bytes {
    std::string media_type;
    std::string file_name{};  ///< Empty: none.
};

/// That the task was made to end.
struct stop {
    wall_time requested{};
    std::chrono::milliseconds took{};  ///< From the request until the task had ended.
};

/// What few tasks have to say, apart from the record: a million finished ones are kept.
struct particulars {
    std::variant<std::monostate, bytes, thrown, process::crashed, process::exited> cause;
    std::optional<task::stop> stop;
    process::log_excerpt log;  ///< Empty while there is a process.
};

/// One task.
struct record {
    uuid id;
    std::uint32_t function = 0;  ///< Its index in the registry.
    state status = state::queued;
    std::optional<outcome> how;  ///< Once it has ended.
    /// A JSON text, whole and valid, `null` before the end; or bytes of a media type.
    restful_functions::detail::shared_text result = "null";
    wall_time created{};
    optional_time started;
    optional_time finished;                          ///< When the result was there.
    std::chrono::milliseconds queue_wait{};          ///< From `created` to `started`.
    std::optional<process::usage> used;              ///< Once its process has been reaped.
    std::unique_ptr<task::particulars> particulars;  ///< nullptr: nothing in particular.
};

/// The media type of a result that is no JSON; empty otherwise.
[[nodiscard]] inline std::string_view media_type(const record& task) noexcept {
    const auto* of_bytes =
        task.particulars ? std::get_if<bytes>(&task.particulars->cause) : nullptr;
    return of_bytes == nullptr ? std::string_view() : std::string_view(of_bytes->media_type);
}

/// The name of the file that such a result is; empty: it has none.
[[nodiscard]] inline std::string_view file_name(const record& task) noexcept {
    const auto* of_bytes =
        task.particulars ? std::get_if<bytes>(&task.particulars->cause) : nullptr;
    return of_bytes == nullptr ? std::string_view() : std::string_view(of_bytes->file_name);
}

/// The bytes of a log up to the end of the excerpt.
[[nodiscard]] inline std::uint64_t log_bytes(const process::log_excerpt& log) noexcept {
    return log.offset + log.text.size();
}

/// The bytes of text that a record brings with it.
[[nodiscard]] inline std::size_t text_bytes(const record& task) noexcept {
    std::size_t sum = task.result.size();
    if (task.particulars) {
        const auto& [cause, stop, log] = *task.particulars;
        sum += log.text.size();
        if (const auto* end = std::get_if<thrown>(&cause)) sum += end->type.size();
        if (const auto* end = std::get_if<process::crashed>(&cause)) sum += end->backtrace.size();
    }
    return sum;
}

}  // namespace restful_functions::task
