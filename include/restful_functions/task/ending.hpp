/// ending: what becomes of a task, by the outcome of its process or by who wanted it to end.
#pragma once

#include <restful_functions/detail/plain_run.hpp>
#include <restful_functions/detail/quoted.hpp>
#include <restful_functions/detail/shared_text.hpp>
#include <restful_functions/json/parse.hpp>
#include <restful_functions/process/outcome.hpp>
#include <restful_functions/task/record.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace restful_functions::task {

using restful_functions::detail::quoted;

/// How a task ended, as its record says it.
struct ending {
    state status = state::failed;
    outcome how = outcome::lost;
    restful_functions::detail::shared_text result = "null";  ///< A JSON text, or bytes of a type.
    std::unique_ptr<task::particulars> particulars = nullptr;
};

/// Why the server ends a task.
enum class stop_reason : std::uint8_t {
    terminated,
    timed_out,
    abandoned,  ///< its client has gone
};

/// The ending of a task that the server ended before it had a result, whatever its process made of
/// that.
[[nodiscard]] inline ending stopped(stop_reason reason, const stop& when) {
    auto particulars = std::make_unique<task::particulars>();
    particulars->stop = when;
    switch (reason) {
        case stop_reason::terminated:
            return {state::failed, outcome::terminated, quoted("Manual Termination"),
                    std::move(particulars)};
        case stop_reason::abandoned:
            return {state::failed, outcome::terminated, quoted("Client Disconnected"),
                    std::move(particulars)};
        case stop_reason::timed_out:
            return {state::timeout, outcome::timed_out, quoted("timeout"), std::move(particulars)};
    }
    return {};
}

namespace detail {

template <class Cause>
std::unique_ptr<particulars> because(Cause&& cause) {
    auto made = std::make_unique<particulars>();
    made->cause = std::forward<Cause>(cause);
    return made;
}

/// The ending of a call that failed with this sentence.
struct failure {
    std::string why;

    ending of(outcome how, std::unique_ptr<particulars> particulars = nullptr) {
        return {state::failed, how, std::move(why), std::move(particulars)};
    }

    // The process may have been taken over by its input: a result that is not JSON is not passed
    // on.
    ending operator()(process::returned&) {
        why = quoted("the task process left a result that is not JSON");
        return of(outcome::lost);
    }
    ending operator()(process::threw& end) {
        return of(outcome::threw, because(thrown{std::move(end.type)}));
    }
    ending operator()(process::crashed& end) {
        return of(outcome::crashed, because(std::move(end)));
    }
    ending operator()(process::exited& end) { return of(outcome::exited, because(end)); }
    ending operator()(process::out_of_memory&) { return of(outcome::out_of_memory); }
    ending operator()(process::cpu_limit&) { return of(outcome::cpu_limit); }
    ending operator()(process::result_too_large&) { return of(outcome::result_too_large); }
    ending operator()(process::lost&) { return of(outcome::lost); }
};

/// Whether a text that a process left can stand in a Content-Type field.
[[nodiscard]] inline bool is_media_type(std::string_view text) noexcept {
    const bool is_printable = std::all_of(text.begin(), text.end(), [](char c) {
        return static_cast<unsigned char>(c) >= 0x20 && static_cast<unsigned char>(c) < 0x7F;
    });
    const std::size_t slash = text.find('/');
    return is_printable && text.size() <= 255 && slash != 0 && slash < text.size() - 1;
}

/// Whether a text that a process left is the name of a file.
[[nodiscard]] inline bool is_file_name(std::string_view text) noexcept {
    constexpr std::size_t longest = 255;  // of file systems
    const bool has_controls = std::any_of(text.begin(), text.end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    });
    return text.size() <= longest && !has_controls && restful_functions::detail::is_utf8(text);
}

/// What a process said of the bytes that it left: their media type, and behind a NUL the name of
/// their file.
[[nodiscard]] inline bytes described(std::string_view text) {
    const std::size_t end = std::min(text.find('\0'), text.size());
    const std::string_view type = text.substr(0, end);
    const std::string_view name = text.substr(std::min(end + 1, text.size()));
    return {is_media_type(type) ? std::string(type) : "application/octet-stream",
            is_file_name(name) ? std::string(name) : std::string()};
}

}  // namespace detail

/// The ending of a task whose process ended like this by itself.
[[nodiscard]] inline ending judge(process::outcome&& how) try {
    if (auto* end = std::get_if<process::returned>(&how)) {
        if (!end->type.empty()) {
            return {state::done, outcome::returned, std::move(end->bytes),
                    detail::because(detail::described(end->type))};
        }
        if (json::is_valid(end->bytes))
            return {state::done, outcome::returned, std::move(end->bytes)};
    }
    return std::visit(detail::failure{quoted(process::describe(how))}, how);
} catch (const std::bad_alloc&) {
    process::lost why = process::without_memory();
    return detail::failure{quoted(why.why)}(why);
}

}  // namespace restful_functions::task
