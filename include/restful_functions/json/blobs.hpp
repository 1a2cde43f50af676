/// blob: bytes with a media type, as arguments and results that are no JSON: images, meshes,
/// tables.
#pragma once

#include <restful_functions/detail/base64.hpp>
#include <restful_functions/json/codec.hpp>
#include <restful_functions/json/members.hpp>
#include <restful_functions/json/schema.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace restful_functions {

namespace json::detail {

/// The name of a file as it may stand in a folder: no path, which could lead elsewhere (RFC 7578,
/// 4.2), and no control characters.
[[nodiscard]] inline std::string plain_file_name(std::string_view given) {
    std::string name(given.substr(given.find_last_of("/\\") + 1));
    name.erase(
        std::remove_if(name.begin(), name.end(),
                       [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }),
        name.end());
    return name == "." || name == ".." ? std::string() : name;
}

}  // namespace json::detail

/// Bytes with a media type, and perhaps the name of a file.
///
/// A function that returns one answers with these bytes and this Content-Type. A parameter of the
/// type takes a part of multipart/form-data, or the whole body of the request.
struct blob {
    std::string content_type = "application/octet-stream";
    std::string bytes;
    /// As the client's file was called, without folders, in UTF-8; empty: it had no name. A result
    /// that has one is sent with Content-Disposition (RFC 6266), unless it is longer than 255 bytes
    /// or is not UTF-8.
    std::string filename{};
};

/// Within JSON: `{"content_type": "image/png", "base64": "iVBO..."}`, or with the text itself as
/// `bytes`, and perhaps `filename`; a string is a text of the type text/plain. Written with
/// `base64`.
template <>
struct codec<blob> {
    static constexpr auto type = arg_type::dict;

    static json::decoded<blob> decode(const json::value& value) {
        if (value.IsString())
            return blob{"text/plain; charset=utf-8", std::string(json::text_of(value))};
        if (!value.IsObject()) return json::is_not("a blob: an object or a text", value);
        static constexpr std::array<std::string_view, 4> names{"content_type", "bytes", "base64",
                                                               "filename"};
        const json::members given(value, names);
        if (!given.unknown().empty()) {
            const std::string_view name = given.unknown().front();
            return json::refusal{json::unknown_member(name, names), {}}.in(name);
        }
        const auto [content_type, bytes, base64, filename] =
            std::array{given.values()[0], given.values()[1], given.values()[2], given.values()[3]};
        blob read;
        for (std::size_t i = 0; i < names.size(); ++i) {
            if (given.is_repeated(i)) return json::is_repeated(names[i]);
            if (given.values()[i] != nullptr && !given.values()[i]->IsString())
                return json::refusal{"is not a string", {}}.in(names[i]);
        }
        if ((bytes == nullptr) == (base64 == nullptr))
            return json::refusal{"a blob has either bytes or base64", {}};
        if (content_type != nullptr) read.content_type = json::text_of(*content_type);
        if (filename != nullptr)
            read.filename = json::detail::plain_file_name(json::text_of(*filename));
        if (bytes != nullptr) {
            read.bytes = json::text_of(*bytes);
            return read;
        }
        auto decoded = detail::base64_decode(json::text_of(*base64));
        if (!decoded) return json::refusal{"is not base64", {}}.in("base64");
        read.bytes = *std::move(decoded);
        return read;
    }

    static void encode(const blob& what, json::writer& out) {
        out.StartObject();
        out.Key("content_type");
        out.String(what.content_type);
        out.Key("base64");
        out.String(detail::base64_encode(what.bytes));
        if (!what.filename.empty()) {
            out.Key("filename");
            out.String(what.filename);
        }
        out.EndObject();
    }

    static std::string schema(json::schemas& all) {
        return all.named(&json::detail::type_tag<blob>, "EncodedBlob", [] {
            return std::string(
                R"({"description": "Bytes with a media type.", "anyOf": [{"type": "object", )"
                R"("properties": {"content_type": {"type": "string"}, )"
                R"("base64": {"type": "string", "contentEncoding": "base64"}, )"
                R"("filename": {"type": "string"}}, )"
                R"("required": ["base64"], "additionalProperties": false}, {"type": "object", )"
                R"("properties": {"content_type": {"type": "string"}, )"
                R"("bytes": {"type": "string"}, "filename": {"type": "string"}}, )"
                R"("required": ["bytes"], "additionalProperties": false}, {"type": "string"}]})");
        });
    }
};

namespace json {

/// Whether a `T` takes bytes: a blob, a list of blobs, and either of them optional.
template <typename T>
inline constexpr bool is_blob = false;
template <>
inline constexpr bool is_blob<blob> = true;
template <typename T>
requires(type_of<T>() == arg_type::list && requires {
    typename T::value_type;
}) inline constexpr bool is_blob<T> = std::is_same_v<typename T::value_type, blob>;
template <typename T>
inline constexpr bool is_blob<std::optional<T>> = is_blob<T>;

}  // namespace json
}  // namespace restful_functions
