/// A registered function with its types erased: below this line nothing is a template.
#pragma once

#include <restful_functions/function/arg_definition.hpp>
#include <restful_functions/function/argument_error.hpp>
#include <restful_functions/function/callable.hpp>
#include <restful_functions/json/output.hpp>
#include <restful_functions/process/isolation.hpp>
#include <restful_functions/process/limits.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace restful_functions {

/// Why the body of a call is not a JSON object at all.
struct body_error {
    std::string detail;  ///< for people, with the byte at which the text stops being JSON
};

/// Why a call cannot be made: at least one argument, at most 100.
using argument_errors = std::vector<argument_error>;

/// A function that a server offers: what the catalogue shows of it, and how to call it.
///
/// A value that can be copied; the copies share the function itself.
struct function_definition {
    std::string name;
    std::vector<arg_definition> args;
    std::size_t max_concurrency = 0;  ///< calls at the same time; 0: no limit of its own
    std::string description;
    std::chrono::milliseconds timeout = std::chrono::hours(24);
    std::size_t max_queued = 0;  ///< calls that wait; 0: none
    restful_functions::limits limits{};
    restful_functions::isolation isolation = restful_functions::isolation::process;
    std::size_t worker_calls = 1000;  ///< that one process serves, where it serves several
    std::chrono::milliseconds grace = std::chrono::seconds(2);  ///< from SIGTERM to SIGKILL
    bool cancel_on_disconnect = false;  ///< ends synchronous calls whose client has gone
    std::shared_ptr<const detail::callable> callable;

    /// What `check` finds; std::monostate when the function can be called.
    using verdict = std::variant<std::monostate, body_error, argument_errors>;

    /// Whether a body (call_body.hpp) is a call of this function. An empty body counts as `{}`.
    ///
    /// It names every bad argument in the order of `args`, and unknown ones after them.
    verdict check(std::string_view body) const;

    /// Calls the function with the arguments in `body`, and writes its result to `out`: as JSON, or
    /// a blob as its media type and its bytes.
    ///
    /// Throws what the function throws; std::invalid_argument when `check` would have refused the
    /// body, or when the result cannot be written as JSON.
    void invoke(std::string_view body, json::output& out) const;

    /// Decodes and encodes values that mean nothing, so that a waiting process has touched the code
    /// and the memory that a call needs. The function itself is not called.
    /// `sample` is what `sample_call` made.
    void warm_up(std::string_view sample) const noexcept;

    /// A body that gives every argument a value of its type.
    std::string sample_call() const;
};

}  // namespace restful_functions

#ifndef RESTFUL_FUNCTIONS_SEPARATE_COMPILATION
#include <restful_functions/function/call_definitions.hpp>
#endif
