/// What becomes of JSON text that is decoded as a type and encoded again.
#pragma once

#include <restful_functions/json/codecs.hpp>

#include <string>
#include <string_view>
#include <utility>

/// What `what` is as JSON.
template <typename T>
std::string encoded(const T& what) {
    namespace json = restful_functions::json;
    json::string_output out;
    json::writer writer(out);
    json::encode(what, writer);
    return std::move(out).take();
}

/// `text` as a `T` and back; "<pointer>: <detail>" when it is refused.
template <typename T>
std::string round_trip(std::string_view text) {
    namespace json = restful_functions::json;
    const auto document = json::parse(text);
    if (!document) return document.why().detail;
    const auto decoded = json::decode<T>(*document);
    if (!decoded) return decoded.why().pointer + ": " + decoded.why().detail;
    return encoded(*decoded);
}
