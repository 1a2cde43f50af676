/// Codecs of the standard library's containers.
#pragma once

#include <restful_functions/json/codec.hpp>
#include <restful_functions/json/scalars.hpp>
#include <restful_functions/json/schema.hpp>

#include <array>
#include <cstddef>
#include <deque>
#include <list>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace restful_functions {

namespace json::detail {

/// A list of any length.
template <typename Container>
struct sequence_codec {
    using element = typename Container::value_type;
    using parts = json::parts<element>;
    static constexpr auto type = arg_type::list;

    static decoded<Container> decode(const value& from) {
        if (!from.IsArray()) return is_not("a list", from);
        Container container;
        for (rapidjson::SizeType i = 0; i < from.Size(); ++i) {
            auto element = json::decode<typename Container::value_type>(from[i]);
            if (!element) return std::move(element).why().in(std::size_t{i});
            container.insert(container.end(), *std::move(element));
        }
        return container;
    }

    static void encode(const Container& container, writer& out) {
        out.StartArray();
        for (const element& each : container) json::encode(each, out);
        out.EndArray();
    }

    static std::string schema(schemas& all) {
        return with_member(schema_of_type("array"), "items", all.of<element>());
    }
};

/// An object with any names.
template <typename Map>
struct map_codec {
    using mapped = typename Map::mapped_type;
    using parts = json::parts<mapped>;
    static constexpr auto type = arg_type::dict;

    static decoded<Map> decode(const value& from) {
        if (!from.IsObject()) return is_not("an object", from);
        Map map;
        for (const auto& member : from.GetObject()) {
            const std::string_view name = text_of(member.name);
            auto element = json::decode<mapped>(member.value);
            if (!element) return std::move(element).why().in(name);
            if (!map.emplace(name, *std::move(element)).second) {
                return is_repeated(name);
            }
        }
        return map;
    }

    static void encode(const Map& map, writer& out) {
        out.StartObject();
        for (const auto& [name, element] : map) {
            out.Key(name);
            json::encode(element, out);
        }
        out.EndObject();
    }

    static std::string schema(schemas& all) {
        return with_member(schema_of_type("object"), "additionalProperties", all.of<mapped>());
    }
};

}  // namespace json::detail

/// A list of any length.
template <typename T, typename Allocator>
struct codec<std::vector<T, Allocator>> : json::detail::sequence_codec<std::vector<T, Allocator>> {
};
template <typename T, typename Allocator>
struct codec<std::deque<T, Allocator>> : json::detail::sequence_codec<std::deque<T, Allocator>> {};
template <typename T, typename Allocator>
struct codec<std::list<T, Allocator>> : json::detail::sequence_codec<std::list<T, Allocator>> {};

/// A list in any order; an element that comes twice counts once.
template <typename T, typename... Policy>
struct codec<std::set<T, Policy...>> : json::detail::sequence_codec<std::set<T, Policy...>> {};
template <typename T, typename... Policy>
struct codec<std::unordered_set<T, Policy...>>
    : json::detail::sequence_codec<std::unordered_set<T, Policy...>> {};

/// An object; a name that comes twice is refused.
template <typename T, typename... Policy>
struct codec<std::map<std::string, T, Policy...>>
    : json::detail::map_codec<std::map<std::string, T, Policy...>> {};
template <typename T, typename... Policy>
struct codec<std::unordered_map<std::string, T, Policy...>>
    : json::detail::map_codec<std::unordered_map<std::string, T, Policy...>> {};

}  // namespace restful_functions
