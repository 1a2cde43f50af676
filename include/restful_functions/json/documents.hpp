/// Codec of raw JSON.
#pragma once

#include <restful_functions/json/codec.hpp>

#include <rapidjson/document.h>

namespace restful_functions {

/// Any JSON value, as it is. The catalogue shows DICT.
template <>
struct codec<rapidjson::Document> {
    static constexpr auto type = arg_type::dict;
    static constexpr bool takes_any = true;

    static json::decoded<rapidjson::Document> decode(const json::value& value) {
        rapidjson::Document copy;
        copy.CopyFrom(value, copy.GetAllocator());
        return copy;
    }

    static void encode(const rapidjson::Document& document, json::writer& out) {
        document.Accept(out);
    }
};

}  // namespace restful_functions
