/// Codec of enums: by the name of the enumerator.
#pragma once

#include <restful_functions/detail/enum_names.hpp>
#include <restful_functions/json/codec.hpp>
#include <restful_functions/json/scalars.hpp>
#include <restful_functions/json/schema.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <type_traits>

namespace restful_functions {

namespace json::detail {

/// A number of the same range as `Underlying`, in which an enum may count characters.
template <typename Underlying>
consteval auto number_like() {
    if constexpr (std::is_same_v<Underlying, bool>) {
        return bool();
    } else if constexpr (std::is_signed_v<Underlying>) {
        return std::make_signed_t<Underlying>();
    } else {
        return std::make_unsigned_t<Underlying>();
    }
}

}  // namespace json::detail

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
            const auto counted = json::decode<number>(value);
            if (!counted) return counted.why();
            const auto index = names::index_of(static_cast<typename names::underlying>(*counted));
            if (index >= names::size || !names::names[index].empty()) {
                return static_cast<T>(*counted);
            }
        }
        return json::is_not(expected(), value);
    }

    static void encode(T enumerator, json::writer& out) {
        const std::string_view name = names::name_of(enumerator);
        if (!name.empty()) {
            out.String(name);
        } else {
            json::encode(static_cast<number>(enumerator), out);
        }
    }

    static std::string schema(json::schemas& all) {
        for (const std::string_view name : names::names) {
            if (!name.empty()) return json::detail::enum_schema(names::names);
        }
        return all.of<number>();
    }

 private:
    using names = detail::enum_names<T>;
    using number = decltype(json::detail::number_like<typename names::underlying>());

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
