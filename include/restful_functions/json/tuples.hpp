/// Codecs of std::pair, std::tuple and std::array: lists of one length only.
#pragma once

#include <restful_functions/json/codec.hpp>
#include <restful_functions/json/schema.hpp>

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

namespace restful_functions {

namespace json::detail {

/// The refusal in the first of the `elements`, seen from the list that holds them.
template <typename... Element>
std::optional<refusal> first_refusal(std::tuple<decoded<Element>...>& elements) {
    std::optional<refusal> first;
    const auto look_at = [&](std::size_t index, auto& element) {
        if (!first && !element) first = std::move(element).why().in(index);
    };
    std::size_t index = 0;
    std::apply([&](auto&... element) { (look_at(index++, element), ...); }, elements);
    return first;
}

/// A list with one element for each `Element`.
template <typename Tuple, typename... Element>
struct tuple_codec {
    using parts = json::parts<Element...>;
    static constexpr auto type = arg_type::list;

    static decoded<Tuple> decode(const value& from) {
        constexpr std::size_t length = sizeof...(Element);
        if (!from.IsArray() || from.Size() != length) {
            return is_not("a list of length " + std::to_string(length), from);
        }
        return decode(from, std::index_sequence_for<Element...>());
    }

    static void encode(const Tuple& tuple, writer& out) {
        out.StartArray();
        std::apply([&](const auto&... element) { (json::encode<Element>(element, out), ...); },
                   tuple);
        out.EndArray();
    }

    static std::string schema(schemas& all) { return tuple_schema({all.of<Element>()...}); }

 private:
    template <std::size_t... Index>
    static decoded<Tuple> decode([[maybe_unused]] const value& from,
                                 std::index_sequence<Index...>) {
        std::tuple<decoded<Element>...> elements{
            json::decode<Element>(from[static_cast<rapidjson::SizeType>(Index)])...};
        if (auto why = first_refusal(elements)) return std::move(*why);
        return Tuple{*std::move(std::get<Index>(elements))...};
    }
};

}  // namespace json::detail

/// A list of two.
template <typename First, typename Second>
struct codec<std::pair<First, Second>>
    : json::detail::tuple_codec<std::pair<First, Second>, First, Second> {};

/// A list of exactly as many elements.
template <typename... Element>
struct codec<std::tuple<Element...>>
    : json::detail::tuple_codec<std::tuple<Element...>, Element...> {};

/// A list of exactly `Size` elements.
template <typename T, std::size_t Size>
struct codec<std::array<T, Size>> {
    using parts = json::parts<T>;
    static constexpr auto type = arg_type::list;

    static json::decoded<std::array<T, Size>> decode(const json::value& value) {
        if (!value.IsArray() || value.Size() != Size) {
            return json::is_not("a list of length " + std::to_string(Size), value);
        }
        std::array<T, Size> array{};
        for (rapidjson::SizeType i = 0; i < Size; ++i) {
            auto element = json::decode<T>(value[i]);
            if (!element) return std::move(element).why().in(std::size_t{i});
            array[i] = *std::move(element);
        }
        return array;
    }

    static void encode(const std::array<T, Size>& array, json::writer& out) {
        out.StartArray();
        for (const T& element : array) json::encode(element, out);
        out.EndArray();
    }

    static std::string schema(json::schemas& all) {
        using json::detail::with_member;
        const std::string length = std::to_string(Size);
        std::string schema =
            with_member(json::detail::schema_of_type("array"), "items", all.of<T>());
        return with_member(with_member(schema, "minItems", length), "maxItems", length);
    }
};

}  // namespace restful_functions
