/// The rules about a whole request head that stand above the grammar of its fields.
#pragma once

#include <restful_functions/http/characters.hpp>
#include <restful_functions/http/host.hpp>
#include <restful_functions/http/message.hpp>
#include <restful_functions/http/refusal.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace restful_functions::http {

namespace detail {

constexpr std::string_view trimmed(std::string_view text) noexcept {
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
    return text.substr(0, text.find_last_not_of(" \t") + 1);
}

inline auto count(const fields& list, std::string_view name) {
    return std::count_if(list.begin(), list.end(),
                         [name](const field& f) { return equal_ignoring_case(f.name, name); });
}

inline bool meets_expectation(const field& f) {
    return !equal_ignoring_case(f.name, "Expect") || equal_ignoring_case(f.value, "100-continue");
}

// Whether a list, separated by commas over all fields of that name, has the option
// (RFC 9110, 5.6.1).
inline bool lists(const fields& headers, std::string_view name, std::string_view option) {
    for (const field& f : headers) {
        if (!equal_ignoring_case(f.name, name)) continue;
        std::string_view rest = f.value;
        while (!rest.empty()) {
            const std::string_view element = rest.substr(0, rest.find(','));
            rest.remove_prefix(std::min(element.size() + 1, rest.size()));
            if (equal_ignoring_case(trimmed(element), option)) return true;
        }
    }
    return false;
}

inline refusal check_host(const request& head) {
    const std::string* host = head.headers.find("Host");
    if (host == nullptr)
        return head.version_minor == 0 ? refusal{} : refusal{400, "the Host field is missing"};
    if (count(head.headers, "Host") > 1) return {400, "there is more than one Host field"};
    if (!is_host(*host)) return {400, "the Host field is malformed"};
    return {};
}

// A reader that takes the first of several values and one that takes the last see different
// requests.
struct single_field {
    std::string_view name;
    std::string_view refusal;
};
inline constexpr single_field single_fields[] = {
    {"Authorization", "there is more than one Authorization field"},
    {"Content-Disposition", "there is more than one Content-Disposition field"},
    {"Content-Encoding", "there is more than one Content-Encoding field"},
    {"Content-Type", "there is more than one Content-Type field"},
    {"Idempotency-Key", "there is more than one Idempotency-Key field"},
    {"Origin", "there is more than one Origin field"},
    {"Range", "there is more than one Range field"},
    {"X-Timeout", "there is more than one X-Timeout field"},
};

inline refusal check_repetition(const request& head) {
    for (const auto& [name, why] : single_fields)
        if (count(head.headers, name) > 1) return {400, why};
    return {};
}

inline refusal check_transfer_encoding(const request& head) {
    const std::string* coding = head.headers.find("Transfer-Encoding");
    if (coding == nullptr) return {};
    if (head.version_minor == 0)
        return {400, "HTTP/1.0 has no Transfer-Encoding"};  // RFC 9112, 6.1: faulty framing
    if (head.headers.find("Content-Length") != nullptr)
        return {400, "there is both a Transfer-Encoding and a Content-Length"};
    if (count(head.headers, "Transfer-Encoding") > 1)
        return {400, "there is more than one Transfer-Encoding field"};
    if (equal_ignoring_case(*coding, "chunked")) return {};
    const std::size_t comma = coding->rfind(',');
    const bool is_final =
        comma != coding->npos &&
        equal_ignoring_case(trimmed(std::string_view(*coding).substr(comma + 1)), "chunked");
    return is_final ? refusal{501, "the only transfer coding that this server knows is chunked"}
                    : refusal{400, "the final transfer coding is not chunked"};
}

}  // namespace detail

/// Whether the client lets the connection carry another request (RFC 9112, 9.3).
inline bool wants_to_keep_alive(const request& head) {
    if (detail::lists(head.headers, "Connection", "close")) return false;
    return head.version_minor > 0 || detail::lists(head.headers, "Connection", "keep-alive");
}

/// Whether the client waits for "100 Continue" before it sends the body. HTTP/1.0 knows no such
/// thing (RFC 9110, 10.1.1).
inline bool expects_continue(const request& head) {
    return head.version_minor > 0 && detail::lists(head.headers, "Expect", "100-continue");
}

/// Applies the rules for Host (RFC 9112, 3.2), Transfer-Encoding (RFC 9112, 6.1 and 6.3), fields
/// that may stand once (RFC 9110, 5.3) and Expect (RFC 9110, 10.1.1).
inline refusal check_head(const request& head) {
    if (const refusal refused = detail::check_host(head)) return refused;
    if (const refusal refused = detail::check_repetition(head)) return refused;
    if (const refusal refused = detail::check_transfer_encoding(head)) return refused;
    const bool is_met =
        std::all_of(head.headers.begin(), head.headers.end(), detail::meets_expectation);
    if (head.version_minor > 0 && !is_met)
        return {417, "the only expectation that this server meets is 100-continue"};
    return {};
}

}  // namespace restful_functions::http
