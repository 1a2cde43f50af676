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

/// The name of the enumerator with the value `Value`. Where there is none the compiler spells a
/// cast, `(color)7`, and the name is empty.
template <auto Value>
consteval std::string_view enumerator_name() {
    const std::string_view name = last_identifier(spelling<Value>());
    return is_identifier(name) ? name : std::string_view();
}

/// The names of the enumerators of `Enum`.
///
/// Each value that is looked at costs the compiler a template, so those are -128 to 127 (0 to 255
/// without a sign); an enumerator beyond them has no name.
template <typename Enum>
struct enum_names {
    using underlying = std::underlying_type_t<Enum>;
    static constexpr int first = std::is_signed_v<underlying> ? -128 : 0;
    static constexpr std::size_t size = std::is_same_v<underlying, bool> ? 2 : 256;

    /// From `first` on; empty for a value that is no enumerator.
    static constexpr std::array<std::string_view, size> names =
        []<std::size_t... Index>(std::index_sequence<Index...>) {
        // bit_cast: a static_cast beyond the bits of an old enum's enumerators is undefined.
        return std::array<std::string_view, size>{enumerator_name<std::bit_cast<Enum>(
            static_cast<underlying>(first + static_cast<int>(Index)))>()...};
    }
    (std::make_index_sequence<size>());

    /// The index of `value` in `names`; `size` or greater when it was not looked at.
    static constexpr std::uint64_t index_of(Enum value) noexcept {
        return static_cast<std::uint64_t>(static_cast<underlying>(value)) -
               static_cast<std::uint64_t>(first);
    }

    /// The name of `value`; empty when it has none.
    static constexpr std::string_view name_of(Enum value) noexcept {
        const auto index = index_of(value);
        return index < size ? names[index] : std::string_view();
    }
};

}  // namespace restful_functions::detail
