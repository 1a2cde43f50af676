/// Codecs of values that may be absent or of several types.
#pragma once

#include <restful_functions/json/codec.hpp>
#include <restful_functions/json/schema.hpp>

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace restful_functions {

/// null, or a `T`. An argument or a field of this type may be left out, which means the same as
/// null.
template <typename T>
struct codec<std::optional<T>> {
    using parts = json::parts<T>;
    static constexpr auto type = json::type_of<T>();

    static std::optional<T> missing() { return std::nullopt; }

    static json::decoded<std::optional<T>> decode(const json::value& value) {
        if (value.IsNull()) return std::optional<T>();
        auto present = json::decode<T>(value);
        if (!present) return std::move(present).why();
        return std::optional<T>(*std::move(present));
    }

    static void encode(const std::optional<T>& optional, json::writer& out) {
        if (optional) {
            json::encode(*optional, out);
        } else {
            out.Null();
        }
    }

    static std::string schema(json::schemas& all) { return json::detail::or_null(all.of<T>()); }
};

namespace json::detail {

/// How well a JSON value suits a kind of argument, before anything is decoded.
enum class fit { by_conversion, as_number, exactly };

inline fit fit_of(arg_type type, const value& from) {
    bool is_exact = false;
    switch (type) {
        case arg_type::integer:
            is_exact = from.IsInt64() || from.IsUint64();
            break;
        case arg_type::floating:
            is_exact = from.IsDouble();
            break;
        case arg_type::string:
            is_exact = from.IsString();
            break;
        case arg_type::boolean:
            is_exact = from.IsBool();
            break;
        case arg_type::list:
            is_exact = from.IsArray();
            break;
        case arg_type::dict:
            is_exact = from.IsObject();
            break;
    }
    if (is_exact) return fit::exactly;
    return type == arg_type::floating && from.IsNumber() ? fit::as_number : fit::by_conversion;
}

}  // namespace json::detail

/// The first alternative that takes the value. Those whose kind of JSON it is come first: 1 is no
/// truth value for a `std::variant<bool, int>`, and "1" is no number for a
/// `std::variant<int, std::string>`. The catalogue shows the first alternative's type.
template <typename First, typename... Other>
struct codec<std::variant<First, Other...>> {
    using variant = std::variant<First, Other...>;
    using parts = json::parts<First, Other...>;
    static constexpr auto type = json::type_of<First>();

    static json::decoded<variant> decode(const json::value& value) {
        using json::detail::fit;
        std::optional<variant> taken;
        std::string why;
        for (const fit wanted : {fit::exactly, fit::as_number, fit::by_conversion}) {
            try_alternatives(value, wanted, taken, why, std::index_sequence_for<First, Other...>());
            if (taken) return *std::move(taken);
        }
        return json::refusal{std::move(why), {}};
    }

    static void encode(const variant& alternatives, json::writer& out) {
        std::visit([&](const auto& alternative) { json::encode(alternative, out); }, alternatives);
    }

    static std::string schema(json::schemas& all) {
        return json::detail::any_of({all.of<First>(), all.of<Other>()...});
    }

 private:
    template <std::size_t... Index>
    static void try_alternatives(const json::value& value, json::detail::fit wanted,
                                 std::optional<variant>& taken, std::string& why,
                                 std::index_sequence<Index...>) {
        (try_alternative<Index>(value, wanted, taken, why), ...);
    }

    template <std::size_t Index>
    static void try_alternative(const json::value& value, json::detail::fit wanted,
                                std::optional<variant>& taken, std::string& why) {
        using alternative = std::variant_alternative_t<Index, variant>;
        if (taken || json::detail::fit_of(json::type_of<alternative>(), value) != wanted) return;
        auto decoded = json::decode<alternative>(value);
        if (decoded) {
            taken.emplace(std::in_place_index<Index>, *std::move(decoded));
        } else {
            if (!why.empty()) why += "; ";
            why += decoded.why().detail;
        }
    }
};

}  // namespace restful_functions
