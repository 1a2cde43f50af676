/// The fields of a plain aggregate as a tuple of references.
#pragma once

#include <restful_functions/detail/types.hpp>

#include <cstddef>
#include <cstdlib>
#include <tuple>
#include <type_traits>
#include <utility>

namespace restful_functions::detail {

/// The fields that `tie_fields` can name at most.
inline constexpr std::size_t max_fields = 32;

/// Stands for any value where only the number of values matters. It is never converted; but Clang
/// wants the conversion to a type without linkage defined.
struct anything {
    template <typename T>
    operator T() const {
        std::abort();
    }
};

template <typename T, std::size_t... Index>
consteval bool takes_values(std::index_sequence<Index...>) {
    return requires { T{(static_cast<void>(Index), anything{})...}; };
}

/// The number of fields of the aggregate `T`; `max_fields + 1` stands for any greater number.
template <typename T, std::size_t Count = 0>
consteval std::size_t field_count() {
    if constexpr (Count <= max_fields && takes_values<T>(std::make_index_sequence<Count + 1>())) {
        return field_count<T, Count + 1>();
    } else {
        return Count;
    }
}

/// Whether `T` has no more fields than `tie_fields` can name.
template <typename T>
inline constexpr bool has_countable_fields = field_count<T>() <= max_fields;

/// References to the fields of `object`, in the order of their declaration.
///
/// The language offers one spelling for each number of fields, so here are all of them. What does
/// not compile below is a class with a base, an array of the language or a bit-field.
template <typename T>
constexpr auto tie_fields(T& object) noexcept {
    constexpr std::size_t count = field_count<std::remove_const_t<T>>();
    static_assert(count <= max_fields,
                  "an aggregate has too many fields: 32 at most can be told apart");
    if constexpr (count == 0) {
        return std::tuple<>();
    } else if constexpr (count == 1) {
        auto& [f1] = object;
        return std::tie(f1);
    } else if constexpr (count == 2) {
        auto& [f1, f2] = object;
        return std::tie(f1, f2);
    } else if constexpr (count == 3) {
        auto& [f1, f2, f3] = object;
        return std::tie(f1, f2, f3);
    } else if constexpr (count == 4) {
        auto& [f1, f2, f3, f4] = object;
        return std::tie(f1, f2, f3, f4);
    } else if constexpr (count == 5) {
        auto& [f1, f2, f3, f4, f5] = object;
        return std::tie(f1, f2, f3, f4, f5);
    } else if constexpr (count == 6) {
        auto& [f1, f2, f3, f4, f5, f6] = object;
        return std::tie(f1, f2, f3, f4, f5, f6);
    } else if constexpr (count == 7) {
        auto& [f1, f2, f3, f4, f5, f6, f7] = object;
        return std::tie(f1, f2, f3, f4, f5, f6, f7);
    } else if constexpr (count == 8) {
        auto& [f1, f2, f3, f4, f5, f6, f7, f8] = object;
        return std::tie(f1, f2, f3, f4, f5, f6, f7, f8);
    } else if constexpr (count == 9) {
        auto& [f1, f2, f3, f4, f5, f6, f7, f8, f9] = object;
        return std::tie(f1, f2, f3, f4, f5, f6, f7, f8, f9);
    } else if constexpr (count == 10) {
        auto& [f1, f2, f3, f4, f5, f6, f7, f8, f9, f10] = object;
        return std::tie(f1, f2, f3, f4, f5, f6, f7, f8, f9, f10);
    } else if constexpr (count == 11) {
        auto& [f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11] = object;
        return std::tie(f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11);
    } else if constexpr (count == 12) {
        auto& [f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12] = object;
        return std::tie(f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12);
    } else if constexpr (count == 13) {
        auto& [f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13] = object;
        return std::tie(f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13);
    } else if constexpr (count == 14) {
        auto& [f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14] = object;
        return std::tie(f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14);
    } else if constexpr (count == 15) {
        auto& [f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15] = object;
        return std::tie(f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15);
    } else if constexpr (count == 16) {
        auto& [f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16] = object;
        return std::tie(f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16);
    } else if constexpr (count == 17) {
        auto& [f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17] = object;
        return std::tie(f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17);
    } else if constexpr (count == 18) {
        auto& [f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18] =
            object;
        return std::tie(f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17,
                        f18);
    } else if constexpr (count == 19) {
        auto& [f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18,
               f19] = object;
        return std::tie(f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17,
                        f18, f19);
    } else if constexpr (count == 20) {
        auto& [f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19,
               f20] = object;
        return std::tie(f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17,
                        f18, f19, f20);
    } else if constexpr (count == 21) {
        auto& [f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19,
               f20, f21] = object;
        return std::tie(f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17,
                        f18, f19, f20, f21);
    } else if constexpr (count == 22) {
        auto& [f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19,
               f20, f21, f22] = object;
        return std::tie(f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17,
                        f18, f19, f20, f21, f22);
    } else if constexpr (count == 23) {
        auto& [f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19,
               f20, f21, f22, f23] = object;
        return std::tie(f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17,
                        f18, f19, f20, f21, f22, f23);
    } else if constexpr (count == 24) {
        auto& [f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19,
               f20, f21, f22, f23, f24] = object;
        return std::tie(f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17,
                        f18, f19, f20, f21, f22, f23, f24);
    } else if constexpr (count == 25) {
        auto& [f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19,
               f20, f21, f22, f23, f24, f25] = object;
        return std::tie(f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17,
                        f18, f19, f20, f21, f22, f23, f24, f25);
    } else if constexpr (count == 26) {
        auto& [f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19,
               f20, f21, f22, f23, f24, f25, f26] = object;
        return std::tie(f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17,
                        f18, f19, f20, f21, f22, f23, f24, f25, f26);
    } else if constexpr (count == 27) {
        auto& [f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19,
               f20, f21, f22, f23, f24, f25, f26, f27] = object;
        return std::tie(f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17,
                        f18, f19, f20, f21, f22, f23, f24, f25, f26, f27);
    } else if constexpr (count == 28) {
        auto& [f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19,
               f20, f21, f22, f23, f24, f25, f26, f27, f28] = object;
        return std::tie(f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17,
                        f18, f19, f20, f21, f22, f23, f24, f25, f26, f27, f28);
    } else if constexpr (count == 29) {
        auto& [f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19,
               f20, f21, f22, f23, f24, f25, f26, f27, f28, f29] = object;
        return std::tie(f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17,
                        f18, f19, f20, f21, f22, f23, f24, f25, f26, f27, f28, f29);
    } else if constexpr (count == 30) {
        auto& [f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19,
               f20, f21, f22, f23, f24, f25, f26, f27, f28, f29, f30] = object;
        return std::tie(f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17,
                        f18, f19, f20, f21, f22, f23, f24, f25, f26, f27, f28, f29, f30);
    } else if constexpr (count == 31) {
        auto& [f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19,
               f20, f21, f22, f23, f24, f25, f26, f27, f28, f29, f30, f31] = object;
        return std::tie(f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17,
                        f18, f19, f20, f21, f22, f23, f24, f25, f26, f27, f28, f29, f30, f31);
    } else if constexpr (count == 32) {
        auto& [f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19,
               f20, f21, f22, f23, f24, f25, f26, f27, f28, f29, f30, f31, f32] = object;
        return std::tie(f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17,
                        f18, f19, f20, f21, f22, f23, f24, f25, f26, f27, f28, f29, f30, f31, f32);
    }
}

template <typename... Field>
types<Field...> untie(std::tuple<Field&...>);

/// The types of the fields of `T`, as `types<...>`.
template <typename T>
using field_types = decltype(untie(tie_fields(std::declval<T&>())));

}  // namespace restful_functions::detail
