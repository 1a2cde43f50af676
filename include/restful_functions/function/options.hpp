/// What can be said of a function when it is registered.
#pragma once

#include <restful_functions/detail/function_name.hpp>
#include <restful_functions/detail/signature.hpp>
#include <restful_functions/function/arg.hpp>
#include <restful_functions/function/parameters.hpp>
#include <restful_functions/process/isolation.hpp>
#include <restful_functions/process/limits.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace restful_functions {

namespace detail {

// Not defined: see arg.hpp.
void error__the_function_needs_a_name();

/// The naming of the function `F`: its own name, unless another one is given.
template <auto F>
struct own_name {
    using type = std::string;

    static consteval std::string_view initial() {
        constexpr bool has_name = !function_name<F>().empty();
        static_assert(
            has_name,
            "this function has no name of its own that fits a URL (a template's instance, "
            "an operator, a lambda): give it one, such as .name = \"twice_int\"");
        // GCC tells the user's line only when the evaluation fails, too.
        if (!has_name) error__the_function_needs_a_name();
        return function_name<F>();
    }
};

/// The naming where a name stands before the options: nothing can be given.
struct no_name {
    using type = no_name;

    no_name() = default;
    template <typename Text>
    no_name(const Text&) {
        static_assert(std::is_void_v<Text>,
                      "the first argument is the name already: leave .name out");
    }

    static no_name initial() { return {}; }
};

}  // namespace detail

/// What can be said of a function when it is registered; everything but `args` has a default.
///
///     server.add_function<addition>({
///         .args = {{"x", "A value of X"}, {"y", "A value of Y"}},
///         .max_concurrency = 1,
///         .description = "Simple Awesome Addition",
///     });
template <typename Args, typename Naming>
struct function_options {
    /// The names of the arguments: `{"x", "y"}`, with descriptions `{{"x", "A value of X"}, ...}`,
    /// or `restful_functions::fields`. What does not fit the function does not compile.
    Args args{};
    /// The calls that may run at the same time; 0: no limit of the function's own.
    std::size_t max_concurrency = 0;
    std::string description{};
    /// The last segment of the function's URL; its own name when it is not given. An instance of a
    /// template, an operator and a lambda have none, and need one.
    typename Naming::type name{Naming::initial()};
    /// How long a call may take, from the moment it starts to run.
    std::chrono::milliseconds timeout = std::chrono::hours(24);
    /// The calls that may wait, first in, first out, until another one has ended; each is kept with
    /// its body. 0: a call that cannot run at once is refused.
    std::size_t max_queued = 0;
    /// What one call may use of the machine.
    restful_functions::limits limits{};
    /// How its calls are kept apart.
    restful_functions::isolation isolation = restful_functions::isolation::process;
    /// The calls that one process serves under isolation::worker, rewind or spawn before
    /// another one takes its place; at least 1. Unset: 1000, and 10,000 under spawn, where a new
    /// process costs a run of main().
    std::optional<std::size_t> worker_calls{};
    /// How long a call that is terminated, or over its time, has to clean up: from SIGTERM to
    /// SIGKILL. As long, and at least a second, has the process of a call that has ended for the
    /// exit handlers and static objects of the call.
    std::chrono::milliseconds grace = std::chrono::seconds(2);
    /// Whether a synchronous call (POST /{name}/keep-connection) ends when its client closes the
    /// connection before the answer is complete: one that runs is terminated with its grace, one
    /// that waits leaves the queue. A call with Idempotency-Key or Prefer goes on, for its client
    /// may ask for the result later.
    bool cancel_on_disconnect = false;
};

namespace detail {

template <typename Callable, typename Naming, typename Signature = signature_type<Callable>,
          typename Indices = typename Signature::indices>
struct options_of {
    static_assert(!std::is_same_v<Signature, no_signature>,
                  "this is not callable with one list of types: give a function, a lambda without "
                  "auto parameters, or an object with a single call operator");
};

template <typename Callable, typename Naming, typename Result, typename... Parameter,
          std::size_t... Index>
struct options_of<Callable, Naming, signature<Result, Parameter...>,
                  std::index_sequence<Index...>> {
    static_assert((parameter_is_usable<Index, Parameter, json::undecodable<stored<Parameter>>>() &&
                   ...));
    static_assert(result_is_usable<Result, json::unencodable<returned<Result>>>());

    using type = function_options<arg_list<stored<Parameter>...>, Naming>;
};

}  // namespace detail

/// The options of the function `F`.
template <auto F>
using options_of = typename detail::options_of<decltype(F), detail::own_name<F>>::type;

/// The options of an object that is registered under a name.
template <typename Callable>
using callable_options = typename detail::options_of<Callable, detail::no_name>::type;

}  // namespace restful_functions
