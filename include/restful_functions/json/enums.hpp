/// Codec of enums: by the name of the enumerator.
#pragma once

#include <restful_functions/detail/enum_names.hpp>
#include <restful_functions/json/codec.hpp>
#include <restful_functions/json/scalars.hpp>

#include <string>
#include <string_view>
#include <type_traits>

namespace restful_functions {

/// The name of an enumerator, `"red"`, or its number. Any other string, and a number that is no
/// enumerator's, is refused.
///
/// Only enumerators from -128 to 127 (0 to 255 when the enum has no sign) have names; those beyond
/// are numbers.
template <typename T>
requires std::is_enum_v<T>
struct codec<T> {
    static constexpr auto type = arg_type::string;

    static json::decoded<T> decode(const json::value& value) {
        if (value.IsString()) {
            const auto found =
                std::find(names::names.begin(), names::names.end(), json::text_of(value));
            // An empty string would find the values that have no name.
            if (found != names::names.end() && !found->empty()) {
                return static_cast<T>(names::first + (found - names::names.begin()));
            }
        } else if (value.IsNumber()) {
            const auto number = json::decode<integer>(value);
            if (!number) return number.why();
            const auto enumerator = static_cast<T>(*number);
            const bool is_named = !names::name_of(enumerator).empty();
            if (is_named || names::index_of(enumerator) >= names::size) return enumerator;
        }
        return json::is_not(expected(), value);
    }

    static void encode(T enumerator, json::writer& out) {
        const std::string_view name = names::name_of(enumerator);
        if (!name.empty()) {
            out.String(name);
        } else {
            json::encode(static_cast<integer>(enumerator), out);
        }
    }

 private:
    using names = detail::enum_names<T>;
    /// An enum may count in characters or truth values, which JSON writes in other ways.
    using integer = std::conditional_t<std::is_signed_v<std::underlying_type_t<T>>, std::int64_t,
                                       std::uint64_t>;

    static std::string expected() {
        std::string text = "one of";
        for (const std::string_view name : names::names) {
            if (!name.empty()) text.append(" \"").append(name).append("\",");
        }
        text.pop_back();
        return text;
    }
};

}  // namespace restful_functions
