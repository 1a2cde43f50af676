/// Arguments as forms and queries have them. The first line of an input is a Content-Type, the
/// second a request's target, and what follows is the body.

#include <restful_functions/api/call_arguments.hpp>
#include <restful_functions/function/arg_definition.hpp>
#include <restful_functions/function/call_body.hpp>
#include <restful_functions/function/definition.hpp>
#include <restful_functions/http/form.hpp>
#include <restful_functions/http/message.hpp>
#include <restful_functions/http/multipart.hpp>
#include <restful_functions/http/target.hpp>
#include <restful_functions/json/parse.hpp>

#include "property.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace rf = restful_functions;
namespace http = restful_functions::http;

namespace {

rf::function_definition function_with(std::initializer_list<rf::arg_definition> args) {
    rf::function_definition function;
    function.name = "called";
    function.args = args;
    return function;
}

const rf::function_definition with_a_blob = function_with({
    {"x", rf::arg_type::integer, true, ""},
    {"label", rf::arg_type::string, false, ""},
    {"all", rf::arg_type::list, false, ""},
    {"c", rf::arg_type::dict, false, ""},
    {"image", rf::arg_type::dict, true, "", false, true},
});
const rf::function_definition with_files = function_with({
    {"files", rf::arg_type::list, true, "", false, true},
    {"image", rf::arg_type::dict, false, "", false, true},
});
const rf::function_definition without = function_with({{"x", rf::arg_type::floating, true, ""}});

std::string percent_encoded(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string encoded;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        encoded += {'%', digits[byte >> 4], digits[byte & 15]};
    }
    return encoded;
}

bool lies_within(std::string_view part, std::string_view whole) {
    const std::less_equal<const char*> before;
    return before(whole.data(), part.data()) &&
           before(part.data() + part.size(), whole.data() + whole.size());
}

void check_form(std::string_view text) {
    const auto pairs = http::parse_form(text);
    // A NUL is no character of a form, and is not to be written as %00.
    if (!pairs || text.find('\0') != text.npos) return;
    std::string again;
    for (const auto& [name, value] : *pairs)
        again += percent_encoded(name) + "=" + percent_encoded(value) + "&";
    fuzz::require(http::parse_form(again) == pairs, "a form written anew is the same form", again);
}

void check_multipart(std::string_view type, std::string_view body) {
    const auto boundary = http::parameter_of(type, "boundary");
    if (!boundary) return;
    const auto parts = http::parse_multipart(body, *boundary, 1000);
    if (!parts) return;
    fuzz::require(parts->size() <= 1001, "reading stops at one part too many");
    for (const http::form_part& part : *parts) {
        fuzz::require(lies_within(part.bytes, body), "a part lies within the body");
        fuzz::require(part.bytes.find("\r\n--" + *boundary) == part.bytes.npos,
                      "no boundary is within a part", part.bytes);
    }
}

void check_arguments(const http::request& sent, std::string_view query,
                     const rf::function_definition& function) {
    http::request request = sent;
    const auto kind = rf::api::kind_of_body(request, function);
    if (rf::api::collect_arguments(request, query, function)) return;
    const auto body = rf::take_apart(request.body);
    fuzz::require(body.has_value(), "the body of a call can be taken apart", request.body);
    const bool is_there = std::any_of(body->attachments.begin(), body->attachments.end(),
                                      [&](const auto& each) { return each.bytes == sent.body; });
    fuzz::require(kind != rf::api::body_kind::bytes || is_there,
                  "a body of bytes arrives as it was sent", sent.body);
    const bool is_made_here = kind != rf::api::body_kind::json;
    fuzz::require(!is_made_here || body->json.empty() || rf::json::is_valid(body->json),
                  "what a form becomes is JSON", body->json);
    fuzz::require(is_made_here || !rf::json::is_valid(sent.body) || rf::json::is_valid(body->json),
                  "what a query is added to stays JSON", body->json);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view rest = fuzz::text_of(data, size);
    const std::string_view type = fuzz::take_line(rest);
    const std::string_view target = fuzz::take_line(rest);

    const auto is_control = [](char c) { return static_cast<unsigned char>(c) < ' ' && c != '\t'; };
    if (std::any_of(type.begin(), type.end(), is_control)) return 0;  // no field of a head has one

    http::request request;
    if (!type.empty()) request.headers.add("Content-Type", std::string(type));
    request.body = rest;
    const auto taken_apart = http::parse_target(target);
    const std::string query = taken_apart ? taken_apart->query : "";
    check_form(query);
    check_form(rest);
    check_multipart(type, rest);
    for (const auto* function : {&with_a_blob, &with_files, &without})
        check_arguments(request, query, *function);
    return 0;
}
