/// The names of the fields of a plain aggregate, without a macro.
#pragma once

#include <restful_functions/detail/fields.hpp>
#include <restful_functions/detail/spelling.hpp>

#include <array>
#include <cstddef>
#include <string_view>
#include <tuple>
#include <utility>

namespace restful_functions::detail {

/// Memory for a `T` that is never made: its fields have addresses, and so names.
template <typename T>
union unborn {
    constexpr unborn() : none() {}
    constexpr ~unborn() {}

    char none;
    T object;
};

template <typename T>
inline unborn<T> unborn_object;

/// Clang before 18 takes the address of a field as a template argument only inside a class.
template <typename Pointer>
struct address {
    Pointer pointer;
};

/// The compiler spells the address `{&unborn_object.object.radius}`, or with more brackets.
template <typename T, std::size_t Index>
consteval std::string_view field_name() {
    constexpr auto pointer = &std::get<Index>(tie_fields(unborn_object<T>.object));
    constexpr std::string_view text = spelling<address<decltype(pointer)>{pointer}>();
    return last_identifier(text.substr(0, text.find_last_not_of(")}") + 1));
}

/// The names of the fields of `T`, in the order of their declaration.
template <typename T>
inline constexpr auto field_names = []<std::size_t... Index>(std::index_sequence<Index...>) {
    return std::array<std::string_view, sizeof...(Index)>{field_name<T, Index>()...};
}
(std::make_index_sequence<field_count<T>()>());

}  // namespace restful_functions::detail
