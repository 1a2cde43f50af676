/// Refusals as `application/problem+json` documents (RFC 9457).
#pragma once

#include <restful_functions/http/message.hpp>
#include <restful_functions/http/status.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace restful_functions::http {

namespace detail {

/// The length of the well-formed UTF-8 sequence at the start of a text that is not empty, 0 when
/// there is none (the table of RFC 3629, 4).
constexpr std::size_t utf8_sequence(std::string_view text) noexcept {
    const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(0);
    if (first < 0x80) return 1;
    const std::size_t length = first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if (first > 0xF4 || length == 0 || text.size() < length) return 0;
    for (std::size_t i = 1; i < length; ++i)
        if ((byte(i) & 0xC0) != 0x80) return 0;
    const unsigned char second = byte(1);
    const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
    const bool surrogate = first == 0xED && second > 0x9F;
    const bool beyond_unicode = first == 0xF4 && second > 0x8F;
    return overlong || surrogate || beyond_unicode ? 0 : length;
}

/// Appends a text as a JSON string. What is not UTF-8 becomes U+FFFD: the text may quote a client.
inline void append_json_string(std::string& out, std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    out += '"';
    while (!text.empty()) {
        const auto c = static_cast<unsigned char>(text.front());
        const std::size_t length = utf8_sequence(text);
        if (c < 0x20 || c == 0x7F)
            out.append("\\u00").append({digits[c >> 4U], digits[c & 0xFU]});
        else if (c == '"' || c == '\\')
            out.append({'\\', text.front()});
        else if (length == 0)
            out.append("\xEF\xBF\xBD");
        else
            out.append(text.substr(0, length));
        text.remove_prefix(length == 0 ? 1 : length);
    }
    out += '"';
}

}  // namespace detail

/// A refusal with that status whose body says why, e.g.
/// `{"title":"Not Found","status":404,"detail":"no function is called f"}`.
/// The reason is for people: what was wrong and what to do.
inline response problem(int status, std::string_view reason) {
    response answer;
    answer.status = status;
    answer.headers.add("Content-Type", "application/problem+json");
    answer.body = "{\"title\":";
    detail::append_json_string(answer.body, reason_phrase(status));
    answer.body.append(",\"status\":").append(std::to_string(status)).append(",\"detail\":");
    detail::append_json_string(answer.body, reason);
    answer.body += '}';
    return answer;
}

}  // namespace restful_functions::http
