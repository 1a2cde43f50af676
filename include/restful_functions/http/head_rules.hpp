/// The rules about a whole request head that stand above the grammar of its fields.
#pragma once

#include <restful_functions/http/host.hpp>
#include <restful_functions/http/message.hpp>
#include <restful_functions/http/refusal.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace restful_functions::http {

namespace detail {

inline auto count(const fields& list, std::string_view name) {
    return std::count_if(list.begin(), list.end(),
                         [name](const field& f) { return equal_ignoring_case(f.name, name); });
}

inline refusal check_host(const request& head) {
    const std::string* host = head.headers.find("Host");
    if (host == nullptr)
        return head.version_minor == 0 ? refusal{} : refusal{400, "the Host field is missing"};
    if (count(head.headers, "Host") > 1) return {400, "there is more than one Host field"};
    if (!is_host(*host)) return {400, "the Host field is malformed"};
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
    std::string_view last = *coding;
    last.remove_prefix(comma == coding->npos ? 0 : comma + 1);
    last.remove_prefix(std::min(last.find_first_not_of(" \t"), last.size()));
    const bool is_final = comma != coding->npos && equal_ignoring_case(last, "chunked");
    return is_final ? refusal{501, "the only transfer coding that this server knows is chunked"}
                    : refusal{400, "the final transfer coding is not chunked"};
}

}  // namespace detail

/// Whether the client waits for "100 Continue" before it sends the body. HTTP/1.0 knows no such
/// thing (RFC 9110, 10.1.1).
inline bool expects_continue(const request& head) {
    const std::string* expectation = head.headers.find("Expect");
    return expectation != nullptr && head.version_minor > 0 &&
           equal_ignoring_case(*expectation, "100-continue");
}

/// Applies the rules for Host (RFC 9112, 3.2), Transfer-Encoding (RFC 9112, 6.1 and 6.3) and Expect
/// (RFC 9110, 10.1.1).
inline refusal check_head(const request& head) {
    if (const refusal refused = detail::check_host(head)) return refused;
    if (const refusal refused = detail::check_transfer_encoding(head)) return refused;
    const bool expects = head.version_minor > 0 && head.headers.find("Expect") != nullptr;
    if (expects && !expects_continue(head))
        return {417, "the only expectation that this server meets is 100-continue"};
    return {};
}

}  // namespace restful_functions::http
