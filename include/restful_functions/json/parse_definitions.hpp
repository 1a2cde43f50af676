/// What parse.hpp declares: the parser takes long to compile.
#pragma once

#include <restful_functions/detail/separate_compilation.hpp>
#include <restful_functions/json/memory.hpp>
#include <restful_functions/json/numbers.hpp>
#include <restful_functions/json/parse.hpp>
#include <restful_functions/json/refusal.hpp>
#include <restful_functions/json/text_stream.hpp>

#include <rapidjson/document.h>
#include <rapidjson/error/en.h>
#include <rapidjson/reader.h>

#include <cctype>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace restful_functions::json {

namespace detail {

inline constexpr unsigned parse_flags =
    rapidjson::kParseIterativeFlag | rapidjson::kParseInsituFlag |
    rapidjson::kParseValidateEncodingFlag | rapidjson::kParseNumbersAsStringsFlag;

/// A document that stops the parser below `max_depth`, copies the strings out of the text, and
/// reads the numbers itself.
class shallow_document : public document {
 public:
    explicit shallow_document(const text_stream& from) : from_(from) {}

    bool StartObject() { return enter() && document::StartObject(); }
    bool StartArray() { return enter() && document::StartArray(); }
    bool EndObject(rapidjson::SizeType members) { return leave() && document::EndObject(members); }
    bool EndArray(rapidjson::SizeType elements) { return leave() && document::EndArray(elements); }
    bool Key(const char*, rapidjson::SizeType, bool) { return copy_string(); }
    bool String(const char*, rapidjson::SizeType, bool) { return copy_string(); }
    bool RawNumber(const char*, rapidjson::SizeType size, bool) {
        if (hand_number<document>(from_.last(size), *this)) return true;
        too_big_at_ = from_.Tell() - size;
        return false;
    }

    /// The number that the parser was stopped at, if it was that.
    [[nodiscard]] std::optional<std::size_t> too_big_at() const noexcept { return too_big_at_; }

 private:
    bool enter() noexcept { return ++depth_ <= max_depth; }
    bool leave() noexcept { return --depth_, true; }

    bool copy_string() {
        const std::string_view string = from_.string();
        return document::String(string.data(), static_cast<rapidjson::SizeType>(string.size()),
                                true);
    }

    const text_stream& from_;
    std::size_t depth_ = 0;
    std::optional<std::size_t> too_big_at_;
};

/// Takes every value but numbers that are too large.
class plausible_numbers
    : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, plausible_numbers> {
 public:
    explicit plausible_numbers(const text_stream& from) : from_(from) {}

    bool RawNumber(const char*, rapidjson::SizeType size, bool) {
        return hand_number(from_.last(size), *this);
    }

 private:
    const text_stream& from_;
};

inline std::string not_json(rapidjson::ParseErrorCode why, std::size_t at) {
    std::string reason = rapidjson::GetParseError_En(why);
    reason.front() = static_cast<char>(std::tolower(static_cast<unsigned char>(reason.front())));
    if (reason.back() == '.') reason.pop_back();
    return "not JSON: " + reason + " at byte " + std::to_string(at);
}

/// Feeds the values in `text` to `handler`; empty when the whole text is one JSON value.
template <typename Handler>
std::string parse_error(text_stream& text, Handler& handler) {
    rapidjson::GenericReader<utf8_runs, utf8_runs, throwing_heap> reader;
    const rapidjson::ParseResult result = reader.Parse<parse_flags>(text, handler);
    if (result.Code() == rapidjson::kParseErrorTermination) {
        return "nested deeper than " + std::to_string(max_depth) + " levels";
    }
    if (result.IsError()) return not_json(result.Code(), result.Offset());
    if (const auto at = text.lone_surrogate())
        return not_json(rapidjson::kParseErrorStringUnicodeSurrogateInvalid, *at);
    // RapidJSON takes a NUL byte for the end of the text.
    if (!text.at_end()) return "not JSON: a NUL byte at byte " + std::to_string(text.Tell());
    return {};
}

}  // namespace detail

RESTFUL_FUNCTIONS_INLINE decoded<document> parse(std::string_view text) {
    std::string error;
    detail::text_stream stream(text);
    detail::shallow_document parsed(stream);
    auto generate = [&](document&) {
        return (error = detail::parse_error(stream, parsed)).empty();
    };
    parsed.Populate(generate);
    if (const auto at = parsed.too_big_at())
        error = detail::not_json(rapidjson::kParseErrorNumberTooBig, *at);
    if (!error.empty()) return refusal{std::move(error), {}};
    return document(std::move(parsed));
}

RESTFUL_FUNCTIONS_INLINE bool is_valid(std::string_view text) {
    detail::text_stream stream(text);
    detail::plausible_numbers ignore(stream);
    return detail::parse_error(stream, ignore).empty();
}

}  // namespace restful_functions::json
