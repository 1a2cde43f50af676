/// The names of the enumerators of an enum, as far as the compiler shows them.
#pragma once

#include <restful_functions/detail/spelling.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

namespace restful_functions::detail {

// An enum without a fixed type holds no more than the bits of its enumerators. Other values do not
// compile on Clang 20, so that the concept is false, and are a warning on Clang 16 to 19, which is
// an error unless it is ignored.
#ifdef __clang__
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wunknown-warning-option"
#pragma clang diagnostic ignored "-Wenum-constexpr-conversion"
#endif

/// Whether `Enum` can have the value.
template <typename Enum, auto Value>
concept holds_value = requires {
    typename std::integral_constant<Enum, static_cast<Enum>(Value)>;
};

/// The name of the enumerator of `Enum` with the value `Value`; empty if there is none.
template <typename Enum, auto Value>
consteval std::string_view enumerator_name() {
    if constexpr (holds_value<Enum, Value>) {
        // The compiler spells a value that is no enumerator as a cast: `(color)7`.
        const std::string_view name = last_identifier(spelling<std::bit_cast<Enum>(Value)>());
        if (is_identifier(name)) return name;
    }
    return {};
}

#ifdef __clang__
#pragma clang diagnostic pop
#endif

/// The names of the enumerators of `Enum`.
///
/// Each value that is looked at costs the compiler a template, so those are -128 to 127 (0 to 255
/// without a sign); an enumerator beyond them has no name.
template <typename Enum>
struct enum_names {
    using underlying = std::underlying_type_t<Enum>;
    static constexpr int first = std::is_signed_v<underlying> ? -128 : 0;
    static constexpr std::size_t size = std::is_same_v<underlying, bool> ? 2 : 256;

    template <std::size_t... Index>
    static consteval std::array<std::string_view, size> find(std::index_sequence<Index...>) {
        return {
            enumerator_name<Enum, static_cast<underlying>(first + static_cast<int>(Index))>()...};
    }

    /// From `first` on; empty for a value that is no enumerator.
    static constexpr std::array<std::string_view, size> names =
        find(std::make_index_sequence<size>());

    /// The index of `value` in `names`; `size` or greater when it was not looked at.
    static constexpr std::uint64_t index_of(underlying value) noexcept {
        return static_cast<std::uint64_t>(value) - static_cast<std::uint64_t>(first);
    }

    /// The name of `value`; empty when it has none.
    static constexpr std::string_view name_of(Enum value) noexcept {
        const auto index = index_of(static_cast<underlying>(value));
        return index < size ? names[index] : std::string_view();
    }
};

}  // namespace restful_functions::detail
