/// Codec of raw JSON.
#pragma once

#include <restful_functions/json/codec.hpp>
#include <restful_functions/json/memory.hpp>
#include <restful_functions/json/parse.hpp>

#include <rapidjson/document.h>

#include <cstddef>

namespace restful_functions {

namespace json::detail {

/// About so many bytes a copy of the value takes.
inline std::size_t size_of_copy(const value& of) {
    std::size_t size = sizeof(value);
    if (of.IsString()) size += of.GetStringLength();
    if (of.IsArray()) {
        for (const value& element : of.GetArray()) size += size_of_copy(element);
    }
    if (of.IsObject()) {
        for (const auto& [name, member] : of.GetObject())
            size += size_of_copy(name) + size_of_copy(member);
    }
    return size;
}

/// Throws std::bad_alloc where a `rapidjson::Document` that is a copy of the value would not get
/// its memory, and write to a null pointer: in one thread, what is free here is free then.
inline void require_memory_for_copy(const value& of) {
    const std::size_t size = size_of_copy(of);
    const std::size_t chunks = size / 4 + std::size_t{2} * 64 * 1024;  // are not filled wholly
    void* volatile memory = throwing_heap().Malloc(size + chunks);     // seen from outside
    throwing_heap::Free(memory);
}

}  // namespace json::detail

/// Any JSON value, as it is. The catalogue shows DICT.
template <>
struct codec<rapidjson::Document> {
    static constexpr auto type = arg_type::dict;

    static json::decoded<rapidjson::Document> decode(const json::value& value) {
        json::detail::require_memory_for_copy(value);
        rapidjson::Document copy;
        copy.CopyFrom(value, copy.GetAllocator());
        return copy;
    }

    static void encode(const rapidjson::Document& document, json::writer& out) {
        document.Accept(out);
    }
};

}  // namespace restful_functions
