/// The customisation point: how a type is read from JSON and written as JSON.
#pragma once

#include <restful_functions/detail/types.hpp>
#include <restful_functions/json/arg_type.hpp>
#include <restful_functions/json/excerpt.hpp>
#include <restful_functions/json/parse.hpp>
#include <restful_functions/json/refusal.hpp>
#include <restful_functions/json/writer.hpp>

#include <concepts>
#include <type_traits>

namespace restful_functions {

/// How a `T` is read from JSON and written as JSON.
///
/// The library has codecs for the types of the language and of the standard library that have an
/// obvious JSON form, and for plain aggregates. Specialise it for a type of your own:
///
///     template <>
///     struct restful_functions::codec<money> {
///         static constexpr auto type = restful_functions::arg_type::string;
///
///         static json::decoded<money> decode(const json::value& value) {
///             const auto text = json::decode<std::string>(value);
///             if (!text) return text.why();
///             if (!money::is_amount(*text)) return json::is_not("an amount like \"3.50\"", value);
///             return money(*text);
///         }
///         static void encode(const money& amount, json::writer& out) {
///             out.String(amount.text());
///         }
///     };
///
/// `type` is what the catalogue of functions shows. A type that is only a parameter needs no
/// `encode`, one that is only a result no `decode`. Three members more are optional:
/// `static T missing()` gives the value of an argument that was left out, which makes it not
/// required; `using parts = json::parts<U...>` names the types that the codec hands on to
/// `json::decode` and `json::encode`, for better compile errors; `static std::string
/// schema(json::schemas&)` gives its JSON Schema. An exception that leaves `decode` refuses the
/// value, too.
template <typename T>
struct codec;

namespace json {

/// The types that a codec hands on; none need be complete.
template <typename... Type>
using parts = restful_functions::detail::types<Type...>;

/// Reads a `T`; a value that is none, or would lose something, is refused.
template <typename T>
decoded<T> decode(const value& from) {
    return codec<T>::decode(from);
}

/// Writes `what` as JSON.
template <typename T>
void encode(const T& what, writer& to) {
    codec<T>::encode(what, to);
}

/// Whether `json::decode<T>` exists. Says nothing of the types that `T` holds: see `undecodable`.
template <typename T>
concept decodable = !std::is_const_v<T> && requires(const value& from) {
    { codec<T>::decode(from) } -> std::convertible_to<decoded<T>>;
    { codec<T>::type } -> std::convertible_to<arg_type>;
};

/// Whether `json::encode<T>` exists. Says nothing of the types that `T` holds: see `unencodable`.
template <typename T>
concept encodable = requires(const T& what, writer& to) {
    codec<T>::encode(what, to);
};

/// What the catalogue shows for a `T`; DICT for one that is only a result.
template <typename T>
consteval arg_type type_of() {
    if constexpr (requires { codec<T>::type; }) {
        return codec<T>::type;
    } else {
        return arg_type::dict;
    }
}

/// Whether a `T` may be left out, because its codec has a value for that case.
template <typename T>
concept omittable = requires {
    { codec<T>::missing() } -> std::convertible_to<T>;
};

namespace detail {

using restful_functions::detail::types;

template <typename T>
struct parts_of {
    using type = types<>;
};

template <typename T>
requires requires { typename codec<T>::parts; }
struct parts_of<T> {
    using type = typename codec<T>::parts;
};

template <typename T>
struct has_decoder : std::bool_constant<decodable<T>> {};
template <typename T>
struct has_encoder : std::bool_constant<encodable<std::remove_const_t<T>>> {};

/// The first of the `Pending` types, or of the types that they hold, that `Has` denies; void if
/// there is none. `Seen` ends the walk through a type that holds itself.
template <template <typename> typename Has, typename Pending, typename... Seen>
struct first_without {
    using type = void;
};

template <template <typename> typename Has, typename T, typename... Pending, typename... Seen>
struct first_without<Has, types<T, Pending...>, Seen...> {
    static consteval auto find() {
        if constexpr ((std::is_same_v<T, Seen> || ...)) {
            return std::type_identity<
                typename first_without<Has, types<Pending...>, Seen...>::type>();
        } else if constexpr (!Has<T>::value) {
            return std::type_identity<T>();
        } else {
            using next = decltype([]<typename... Part>(types<Part...>) {
                return types<Part..., Pending...>();
            }(typename parts_of<T>::type()));
            return std::type_identity<typename first_without<Has, next, Seen..., T>::type>();
        }
    }
    using type = typename decltype(find())::type;
};

}  // namespace detail

/// The type that keeps `T` from being decoded: `T` itself or one that it holds; void if none does.
template <typename T>
using undecodable = typename detail::first_without<detail::has_decoder, detail::types<T>>::type;

/// The type that keeps `T` from being encoded: `T` itself or one that it holds; void if none does.
template <typename T>
using unencodable = typename detail::first_without<detail::has_encoder, detail::types<T>>::type;

}  // namespace json
}  // namespace restful_functions
