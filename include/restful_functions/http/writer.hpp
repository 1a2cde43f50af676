/// Writes the head of a response; its body follows it unchanged.
#pragma once

#include <restful_functions/http/characters.hpp>
#include <restful_functions/http/date.hpp>
#include <restful_functions/http/message.hpp>
#include <restful_functions/http/pieced_text.hpp>
#include <restful_functions/http/status.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace restful_functions::http {

/// The interim response that a client waits for which sent `Expect: 100-continue`.
inline constexpr std::string_view continue_response = "HTTP/1.1 100 Continue\r\n\r\n";

/// What the form of a response depends on, of the request that it answers. The default is what
/// answers bytes that were no request.
struct exchange {
    bool is_head = false;  ///< The request was HEAD: the response has no body.
    int version_minor = 1;
    bool keep_alive = false;  ///< The client can take another response on this connection.

    exchange() = default;
    /// The exchange that a request begins.
    explicit exchange(const request& begun) noexcept
        : is_head(begun.method == "HEAD"),
          version_minor(begun.version_minor),
          keep_alive(begun.keep_alive) {}
};

/// Whether the body is sent after the head (RFC 9110, 6.4.1).
[[nodiscard]] inline bool sends_body(const response& answer, const exchange& with) noexcept {
    return !with.is_head && answer.status >= 200 && answer.status != 204 && answer.status != 304;
}

/// Whether the body is sent in chunks (RFC 9112, 7.1), because its length is not known.
[[nodiscard]] inline bool is_chunked(const response& answer, const exchange& with) noexcept {
    return answer.stream != nullptr && with.version_minor >= 1;
}

/// Whether the connection ends with this response: also where nothing else tells its end.
[[nodiscard]] inline bool closes(const response& answer, const exchange& with) noexcept {
    return answer.close || !with.keep_alive || (answer.stream && !is_chunked(answer, with));
}

/// Whether the head says how long the body is, or would be for GET (RFC 9110, 8.6). A body that is
/// not packed, because HEAD has none, has no known length.
[[nodiscard]] inline bool has_length(const response& answer, const exchange& with) noexcept {
    const bool is_unknown =
        answer.stream || (with.is_head && answer.headers.find("Content-Encoding") != nullptr);
    return answer.status >= 200 && answer.status != 204 && answer.status != 304 && !is_unknown;
}

/// A piece of a chunked body; an empty one is the last.
[[nodiscard]] inline pieced_text chunk(pieced_text piece) {
    std::array<char, 16> digits;
    const auto end =
        std::to_chars(digits.data(), digits.data() + digits.size(), piece.size(), 16).ptr;
    pieced_text framed = std::string(digits.data(), end).append("\r\n");
    framed += std::move(piece);
    framed += "\r\n";
    return framed;
}

namespace detail {

inline void append_number(std::string& out, std::size_t value) {
    std::array<char, 20> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    out.append(digits.data(), end);
}

// A CR, LF or NUL in a value would let it forge fields or a response (RFC 9110, 5.5).
inline void append_value(std::string& out, std::string_view value) {
    const std::size_t begin = out.size();
    out.append(value);
    std::replace_if(
        out.begin() + static_cast<std::ptrdiff_t>(begin), out.end(),
        [](char c) { return c == '\r' || c == '\n' || c == '\0'; }, ' ');
}

inline bool is_written_anyway(std::string_view name) noexcept {
    return equal_ignoring_case(name, "Content-Length") || equal_ignoring_case(name, "Date") ||
           equal_ignoring_case(name, "Connection") ||
           equal_ignoring_case(name, "Transfer-Encoding");
}

}  // namespace detail

/// Appends the status line, the fields and the empty line to `out`, with Date, Content-Length and
/// Connection as the exchange needs them. Fields of these names, and fields whose name is no token,
/// are left out.
inline void write_head(std::string& out, const response& answer, const exchange& with) {
    out.append("HTTP/1.1 ");
    detail::append_number(out, static_cast<std::size_t>(answer.status));
    out.append(" ").append(reason_phrase(answer.status));
    out.append("\r\nDate: ").append(current_date());
    // What is sent as text or JSON is never run as a script.
    out.append("\r\nX-Content-Type-Options: nosniff");
    for (const auto& [name, value] : answer.headers) {
        if (!is_token(name) || detail::is_written_anyway(name)) continue;
        out.append("\r\n").append(name).append(": ");
        detail::append_value(out, value);
    }
    if (is_chunked(answer, with)) {
        out.append("\r\nTransfer-Encoding: chunked");
    } else if (has_length(answer, with)) {
        out.append("\r\nContent-Length: ");
        detail::append_number(out, answer.body.size());
    }
    if (closes(answer, with))
        out.append("\r\nConnection: close");
    else if (with.version_minor == 0)
        out.append("\r\nConnection: keep-alive");
    out.append("\r\n\r\n");
}

}  // namespace restful_functions::http
