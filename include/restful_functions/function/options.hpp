/// What can be said of a function when it is registered.
#pragma once

#include <restful_functions/detail/function_name.hpp>
#include <restful_functions/detail/signature.hpp>
#include <restful_functions/function/arg.hpp>
#include <restful_functions/function/parameters.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace restful_functions {

namespace detail {

// Not defined: see arg.hpp.
void error__this_function_needs_a_name_such_as_dot_name_equals_twice_int();
void error__the_name_is_the_first_argument_already();

/// The name of the function `F`, unless another one is given.
template <auto F>
class own_name {
 public:
    own_name() : name_(deduced()) {}
    own_name(std::string name) : name_(std::move(name)) {}
    own_name(const char* name) : name_(name) {}

    const std::string& get() const noexcept { return name_; }

 private:
    static consteval std::string_view deduced() {
        constexpr std::string_view name = function_name<F>();
        if (name.empty()) error__this_function_needs_a_name_such_as_dot_name_equals_twice_int();
        return name;
    }

    std::string name_;
};

/// Stands where a name was given before the options.
struct no_name {
    constexpr no_name() = default;
    template <typename Text>
    consteval no_name(const Text&) {
        error__the_name_is_the_first_argument_already();
    }
};

}  // namespace detail

/// What can be said of a function when it is registered; everything but `args` has a default.
///
///     server.add_function<addition>({
///         .args = {{"x", "A value of X"}, {"y", "A value of Y"}},
///         .max_concurrency = 1,
///         .description = "Simple Awesome Addition",
///     });
template <typename Args, typename Name>
struct function_options {
    /// The names of the arguments: `{"x", "y"}`, with descriptions `{{"x", "A value of X"}, ...}`,
    /// or `restful_functions::fields`. What does not fit the function does not compile.
    Args args{};
    /// The calls that may run at the same time; 0: no limit of the function's own.
    std::size_t max_concurrency = 0;
    std::string description{};
    /// The last segment of the function's URL; its own name when it is not given. An instance of a
    /// template, an operator and a lambda have none, and need one.
    Name name{};
    /// How long a call may take.
    std::chrono::milliseconds timeout = std::chrono::hours(24);
};

namespace detail {

template <typename Signature>
struct args_of;
template <typename Result, typename... Parameter>
struct args_of<signature<Result, Parameter...>> {
    using type = arg_list<stored<Parameter>...>;
};

template <typename Callable, typename Name>
struct options_of {
    using type = function_options<typename args_of<typename usable<Callable>::type>::type, Name>;
};

}  // namespace detail

/// The options of the function `F`.
template <auto F>
using options_of = typename detail::options_of<decltype(F), detail::own_name<F>>::type;

/// The options of an object that is registered under a name.
template <typename Callable>
using callable_options = typename detail::options_of<Callable, detail::no_name>::type;

}  // namespace restful_functions
