/// The name under which a function was declared.
#pragma once

#include <restful_functions/detail/spelling.hpp>

#include <string_view>

namespace restful_functions::detail {

/// The name of the function `F` without its namespaces and classes: "addition" for
/// `&math::addition`.
///
/// Empty when it has no name that could be part of a URL: an operator, a lambda, and on GCC an
/// instance of a template (Clang does not show the template's arguments).
template <auto F>
consteval std::string_view function_name() {
    const std::string_view name = last_identifier(spelling<F>());
    return is_identifier(name) ? name : std::string_view();
}

}  // namespace restful_functions::detail
