/// From a function and its options to its definition: here the types are erased.
#pragma once

#include <restful_functions/detail/fields.hpp>
#include <restful_functions/detail/signature.hpp>
#include <restful_functions/function/arg.hpp>
#include <restful_functions/function/arg_definition.hpp>
#include <restful_functions/function/definition.hpp>
#include <restful_functions/function/options.hpp>
#include <restful_functions/function/typed_callable.hpp>
#include <restful_functions/json/codecs.hpp>

#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace restful_functions {

namespace detail {

template <typename T>
arg_definition describe(const arg& named, bool is_required) {
    return {std::string(named.name),        json::type_of<T>(), is_required,
            std::string(named.description), named.is_secret,    json::is_blob<T>};
}

template <typename... Parameter>
std::vector<arg_definition> describe_parameters(const arg_list<Parameter...>& args) {
    [[maybe_unused]] const arg* next = args.begin();
    return {describe<Parameter>(*next++, !json::omittable<Parameter>)...};
}

template <typename Aggregate>
std::vector<arg_definition> describe_fields(const arg_list<Aggregate>& args) {
    const arg* next = args.begin();
    const Aggregate fresh{};
    return std::apply(
        [&]<typename... Field>(const Field&... field) {
            return std::vector{describe<Field>(*next++, json::detail::is_required(field))...};
        },
        tie_fields(fresh));
}

template <typename Function, typename Args, typename Naming>
function_definition erase(std::string name, Function function,
                          const function_options<Args, Naming>& options) {
    using signature = signature_type<Function>;
    function_definition definition;
    definition.name = std::move(name);
    definition.max_concurrency = options.max_concurrency;
    definition.description = options.description;
    definition.timeout = options.timeout;
    definition.max_queued = options.max_queued;
    definition.limits = options.limits;
    definition.isolation = options.isolation;
    definition.worker_calls =
        options.worker_calls.value_or(options.isolation == isolation::spawn ? 10'000 : 1000);
    definition.grace = options.grace;
    definition.cancel_on_disconnect = options.cancel_on_disconnect;
    if constexpr (Args::is_one_aggregate) {
        if (options.args.are_fields()) {
            definition.args = describe_fields(options.args);
            definition.callable =
                std::make_shared<by_fields<Function, signature>>(std::move(function));
            return definition;
        }
    }
    definition.args = describe_parameters(options.args);
    definition.callable = std::make_shared<by_parameters<Function, signature>>(std::move(function));
    return definition;
}

}  // namespace detail

/// The definition of the function `F`.
template <auto F>
function_definition make_definition(const options_of<F>& options = {}) {
    return detail::erase(options.name, F, options);
}

/// The definition of `function`, any object with one call operator, under a name.
template <typename Function>
function_definition make_definition(std::string name, Function function,
                                    const callable_options<Function>& options = {}) {
    return detail::erase(std::move(name), std::move(function), options);
}

}  // namespace restful_functions
