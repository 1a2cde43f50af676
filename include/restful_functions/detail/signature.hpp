/// The result and the parameters of whatever can be called.
#pragma once

#include <type_traits>
#include <utility>

namespace restful_functions::detail {

/// A call's result and its parameters, as they are declared.
template <typename Result, typename... Parameter>
struct signature {
    using indices = std::index_sequence_for<Parameter...>;
};

/// What cannot be called, or in several ways.
struct no_signature {
    using indices = std::index_sequence<>;
};

// Each of these takes its noexcept twin as well.
template <typename Result, typename... Parameter>
signature<Result, Parameter...> signature_of(Result (*)(Parameter...));
template <typename Class, typename Result, typename... Parameter>
signature<Result, Parameter...> signature_of(Result (Class::*)(Parameter...));
template <typename Class, typename Result, typename... Parameter>
signature<Result, Parameter...> signature_of(Result (Class::*)(Parameter...) const);
template <typename Class, typename Result, typename... Parameter>
signature<Result, Parameter...> signature_of(Result (Class::*)(Parameter...) &);
template <typename Class, typename Result, typename... Parameter>
signature<Result, Parameter...> signature_of(Result (Class::*)(Parameter...) const&);

template <typename Callable>
concept function_pointer =
    std::is_pointer_v<Callable> && std::is_function_v<std::remove_pointer_t<Callable>>;

/// An object with one call operator that is neither overloaded nor a template.
template <typename Callable>
concept function_object = requires {
    signature_of(&Callable::operator());
};

template <typename Callable>
consteval auto find_signature() {
    if constexpr (function_pointer<Callable>) {
        return decltype(signature_of(std::declval<Callable>()))();
    } else if constexpr (function_object<Callable>) {
        return decltype(signature_of(&Callable::operator()))();
    } else {
        return no_signature();
    }
}

/// The `signature` of a callable; `no_signature` when it has none or several.
template <typename Callable>
using signature_type = decltype(find_signature<Callable>());

}  // namespace restful_functions::detail
