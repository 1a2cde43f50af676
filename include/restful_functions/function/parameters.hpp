/// What a function's parameters and its result must be, to be called over HTTP.
#pragma once

#include <restful_functions/json/codecs.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

namespace restful_functions::detail {

/// What an argument is decoded to. It outlives the call; a view needs a string of its own for that.
template <typename Parameter>
using stored = std::conditional_t<std::is_same_v<std::remove_cvref_t<Parameter>, std::string_view>,
                                  std::string, std::remove_cvref_t<Parameter>>;

/// What is encoded of a result; nothing is null.
template <typename Result>
using returned =
    std::conditional_t<std::is_void_v<Result>, std::monostate, std::remove_cvref_t<Result>>;

// The compiler names the arguments of these templates next to the message.

template <std::size_t Index, typename Parameter, typename TypeWithoutCodec>
consteval bool parameter_is_usable() {
    static_assert(!std::is_lvalue_reference_v<Parameter> ||
                      std::is_const_v<std::remove_reference_t<Parameter>>,
                  "a parameter is a reference to non-const, but what the function writes there is "
                  "lost: take a value or a const reference, and return what changes");
    static_assert(std::is_void_v<TypeWithoutCodec>,
                  "a parameter cannot be read from JSON: specialise restful_functions::codec for "
                  "TypeWithoutCodec, or make that type a plain aggregate without const fields");
    return true;
}

template <typename Result, typename TypeWithoutCodec>
consteval bool result_is_usable() {
    static_assert(std::is_void_v<TypeWithoutCodec>,
                  "the result cannot be written as JSON: specialise restful_functions::codec for "
                  "TypeWithoutCodec, or make that type a plain aggregate");
    return true;
}

}  // namespace restful_functions::detail
