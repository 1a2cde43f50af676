/// The reason phrases of the status codes that this server answers with.
#pragma once

#include <string_view>

namespace restful_functions::http {

namespace detail {

struct status_phrase {
    int status;
    std::string_view phrase;
};

// RFC 9110, 15 and, for 429 and 431, RFC 6585.
inline constexpr status_phrase status_phrases[] = {
    {200, "OK"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {304, "Not Modified"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {410, "Gone"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
};

}  // namespace detail

/// The reason phrase of a status code, e.g. "Not Found" for 404; empty for a code that has none
/// here, as a status line permits (RFC 9112, 4).
constexpr std::string_view reason_phrase(int status) noexcept {
    for (const auto& [known, phrase] : detail::status_phrases)
        if (known == status) return phrase;
    return {};
}

static_assert(reason_phrase(404) == "Not Found" && reason_phrase(299).empty());

}  // namespace restful_functions::http
