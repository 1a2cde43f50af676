/// JSON text in: parsed strictly (RFC 8259), without recursion, and only as deep as later code may
/// recurse.
#pragma once

#include <restful_functions/json/refusal.hpp>

#include <rapidjson/document.h>
#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <cctype>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace restful_functions::json {

using value = rapidjson::Value;
using document = rapidjson::Document;

/// The levels of arrays and objects that `parse` accepts: copying or writing a value takes stack
/// for each of them.
inline constexpr std::size_t max_depth = 512;

namespace detail {

inline constexpr unsigned parse_flags = rapidjson::kParseIterativeFlag |
                                        rapidjson::kParseValidateEncodingFlag |
                                        rapidjson::kParseFullPrecisionFlag;

/// A document that stops the parser below `max_depth`.
class shallow_document : public document {
 public:
    bool StartObject() { return enter() && document::StartObject(); }
    bool StartArray() { return enter() && document::StartArray(); }
    bool EndObject(rapidjson::SizeType members) { return leave() && document::EndObject(members); }
    bool EndArray(rapidjson::SizeType elements) { return leave() && document::EndArray(elements); }

 private:
    bool enter() noexcept { return ++depth_ <= max_depth; }
    bool leave() noexcept { return --depth_, true; }

    std::size_t depth_ = 0;
};

/// Feeds the values in `text` to `handler`; empty when the whole text is one JSON value.
template <typename Handler>
std::string parse_error(std::string_view text, Handler& handler) {
    rapidjson::MemoryStream stream(text.data(), text.size());
    rapidjson::Reader reader;
    const rapidjson::ParseResult result = reader.Parse<parse_flags>(stream, handler);
    if (result.Code() == rapidjson::kParseErrorTermination) {
        return "nested deeper than " + std::to_string(max_depth) + " levels";
    }
    if (result.IsError()) {
        std::string reason = rapidjson::GetParseError_En(result.Code());
        reason.front() =
            static_cast<char>(std::tolower(static_cast<unsigned char>(reason.front())));
        if (reason.back() == '.') reason.pop_back();
        return "not JSON: " + reason + " at byte " + std::to_string(result.Offset());
    }
    // RapidJSON takes a NUL byte for the end of the text.
    if (stream.Tell() != text.size())
        return "not JSON: a NUL byte at byte " + std::to_string(stream.Tell());
    return {};
}

}  // namespace detail

/// Parses `text`. The refusal says "not JSON: <reason> at byte <offset>" or "nested deeper than 512
/// levels".
inline decoded<document> parse(std::string_view text) {
    std::string error;
    detail::shallow_document parsed;
    auto generate = [&](document&) { return (error = detail::parse_error(text, parsed)).empty(); };
    parsed.Populate(generate);
    if (!error.empty()) return refusal{std::move(error), {}};
    return document(std::move(parsed));
}

/// Whether `text` is exactly one JSON value, of any depth. Builds no value.
inline bool is_valid(std::string_view text) {
    rapidjson::BaseReaderHandler<> ignore;
    return detail::parse_error(text, ignore).empty();
}

}  // namespace restful_functions::json
