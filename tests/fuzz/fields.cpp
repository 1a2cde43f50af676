/// What clients write into the fields of a head. The first line of an input is the name of a field,
/// what follows is its value; it is also read as any other field's that the server knows.

#include <restful_functions/api/access.hpp>
#include <restful_functions/api/credentials.hpp>
#include <restful_functions/api/idempotency.hpp>
#include <restful_functions/api/origins.hpp>
#include <restful_functions/api/time_limit.hpp>
#include <restful_functions/detail/base64.hpp>
#include <restful_functions/http/accept_encoding.hpp>
#include <restful_functions/http/conditional.hpp>
#include <restful_functions/http/head_rules.hpp>
#include <restful_functions/http/host.hpp>
#include <restful_functions/http/message.hpp>
#include <restful_functions/http/multipart.hpp>
#include <restful_functions/http/preferences.hpp>
#include <restful_functions/http/range.hpp>
#include <restful_functions/http/request_line.hpp>
#include <restful_functions/http/trace_context.hpp>

#include "property.hpp"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace api = restful_functions::api;
namespace http = restful_functions::http;
namespace rf = restful_functions;

namespace {

/// A number of digits alone. One beyond any size is the largest one.
std::optional<std::size_t> number_of(std::string_view digits) {
    std::size_t number = 0;
    for (const char c : digits) {
        if (c < '0' || c > '9') return std::nullopt;
        const auto digit = static_cast<std::size_t>(c - '0');
        number = number > (SIZE_MAX - digit) / 10 ? SIZE_MAX : number * 10 + digit;
    }
    return digits.empty() ? std::nullopt : std::optional(number);
}

/// Takes a word from the beginning of a text, where its letters may be large ones.
bool take_word(std::string_view& text, std::string_view word) {
    const bool begins =
        text.size() >= word.size() &&
        std::equal(word.begin(), word.end(), text.begin(), [](unsigned char a, unsigned char b) {
            return a == static_cast<unsigned char>(std::tolower(b));
        });
    if (begins) text.remove_prefix(word.size());
    return begins;
}

/// What a Range field asks for, read here once more (RFC 9110, 14.1.2).
http::wanted_range range_of(std::string_view field, std::size_t size) {
    using kind = http::wanted_range::kind;
    if (!take_word(field, "bytes=")) return {};
    const std::size_t dash = std::min(field.find('-'), field.size());
    const std::string_view before = field.substr(0, dash);
    const std::string_view after = field.substr(std::min(dash + 1, field.size()));
    const auto left = number_of(before);
    const auto right = number_of(after);
    const bool is_range = dash < field.size() && (left || before.empty()) &&
                          (right || after.empty()) && (left || right) &&
                          !(left && right && *left > *right);
    if (!is_range) return {};
    const std::size_t first = left ? *left : *right < size ? size - *right : 0;
    if (first >= size) return {kind::unsatisfiable};
    return {kind::part, {first, left && right && *right < size ? *right : size - 1}};
}

void check_range(std::string_view value) {
    using kind = http::wanted_range::kind;
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{10}, SIZE_MAX}) {
        const auto wanted = http::parse_range(value, size);
        const auto said = range_of(value, size);
        fuzz::require(wanted.what == said.what && wanted.part.first == said.part.first &&
                          wanted.part.last == said.part.last,
                      "a range is the one that the field says", value);
        fuzz::require(wanted.what != kind::part ||
                          (wanted.part.first <= wanted.part.last && wanted.part.last < size),
                      "a range lies within what there is", value);
    }
    http::request asked;
    asked.method = "GET";
    asked.headers.add("Range", std::string(value));
    http::response full;
    const std::string whole = "0123456789";
    full.body = whole;
    const http::response answer = http::in_part(asked, full);
    const std::string body = answer.body.text();
    const std::string* range = answer.headers.find("Content-Range");
    const auto said = range_of(value, whole.size());
    const auto [first, last] = said.part;
    switch (said.what) {
        case kind::everything:
            fuzz::require(answer.status == 200 && body == whole && range == nullptr,
                          "without a range there is the whole", body);
            break;
        case kind::unsatisfiable:
            fuzz::require(answer.status == 416 && range != nullptr && *range == "bytes */10",
                          "a range without a byte is refused", value);
            break;
        case kind::part:
            fuzz::require(answer.status == 206 && body == whole.substr(first, last - first + 1),
                          "a part is the one that the field says", body);
            fuzz::require(range != nullptr && *range == "bytes " + std::to_string(first) + "-" +
                                                            std::to_string(last) + "/10",
                          "a part says which it is", value);
            break;
    }
}

/// Whose credentials these are. No other text than this stands for user:pass in base64.
std::string_view owner_of(std::string_view authorization) {
    const bool is_bearer = take_word(authorization, "bearer ");
    if (!is_bearer && !take_word(authorization, "basic ")) return "";
    authorization.remove_prefix(
        std::min(authorization.find_first_not_of(' '), authorization.size()));
    if (is_bearer) return authorization == "secret" ? "t" : "";
    return authorization == "dXNlcjpwYXNz" ? "user" : "";
}

void check_credentials(std::string_view value) {
    const rf::access_options access{
        .tokens = {{.secret = "secret", .name = "t"}, {.secret = "", .name = "nobody"}},
        .users = {{.name = "user", .password = "pass"}, {.name = "empty", .password = ""}}};
    const auto found = api::find_caller(access, value);
    fuzz::require((found ? found->name : "") == owner_of(value),
                  "a caller is the one whose credentials these are", value);
    fuzz::require(!found || found->allowed != nullptr, "a caller has a grant", value);
}

void check_base64(std::string_view value) {
    namespace detail = restful_functions::detail;
    fuzz::require(detail::base64_decode(detail::base64_encode(value)) == value,
                  "base64 gives back what went in", value);
    const auto bytes = detail::base64_decode(value);
    if (!bytes) return;
    const std::string again = detail::base64_encode(*bytes);
    fuzz::require(detail::base64_decode(again) == bytes, "base64 is read the same twice", again);
}

void check_preferences(const http::fields& headers) {
    const http::preferences seen = http::parse_preferences(headers);
    if (!seen.wait) return;
    fuzz::require(*seen.wait >= std::chrono::seconds(0) && *seen.wait <= std::chrono::hours(24),
                  "a client waits for a day at the most", seen.applied());
    http::fields applied;
    applied.add("Prefer", seen.applied());
    fuzz::require(http::parse_preferences(applied).applied() == seen.applied(),
                  "what was applied can be asked for", seen.applied());
}

void check_page(const http::request& request) {
    const rf::access_options listed{.allowed_hosts = {"example.org"},
                                    .allowed_origins = {"https://example.org"}};
    const rf::access_options any{.allowed_origins = {"*"}};
    for (const auto* access : {&listed, &any}) {
        static_cast<void>(api::check_host(*access, request));
        const api::page from(*access, request);
        http::response answer;
        if (from.is_listed()) from.let_read(answer);
        static_cast<void>(from.may_change());
        static_cast<void>(from.preflight());
    }
}

void check_rest(std::string_view value) {
    using http::content_coding;
    static_cast<void>(http::preferred_coding(value, {content_coding::zstd, content_coding::gzip}));
    static_cast<void>(http::names_tag(value, "\"0123\""));
    static_cast<void>(http::is_host(value));
    static_cast<void>(http::essence_of(value));
    static_cast<void>(http::parameter_of(value, "boundary"));
    fuzz::require(!http::is_traceparent(value) || value.size() == 55, "a trace has 55 bytes",
                  value);
    const auto limit = api::parse_time_limit(value);
    fuzz::require(!limit || limit->count() > 0, "a limit of time is above 0", value);
    const auto key = api::parse_idempotency_key(value);
    fuzz::require(!key || (!key->empty() && key->size() <= 255), "a key has a size", value);
    const auto line = http::parse_request_line(value);
    if (const auto* parts = std::get_if<http::request_line>(&line))
        static_cast<void>(http::resolve_target(parts->method, parts->target));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view rest = fuzz::text_of(data, size);
    const std::string_view name = fuzz::take_line(rest);

    http::request request;
    request.method = "POST";
    request.headers.add("Host", "localhost");
    // Each line is a field of its own.
    while (!rest.empty())
        request.headers.add(std::string(name), std::string(fuzz::take_line(rest)));
    static_cast<void>(http::check_head(request));
    static_cast<void>(http::wants_to_keep_alive(request));
    static_cast<void>(http::expects_continue(request));
    check_preferences(request.headers);
    check_page(request);
    for (const http::field& each : request.headers) {
        check_range(each.value);
        check_credentials(each.value);
        check_base64(each.value);
        check_rest(each.value);
    }
    return 0;
}
