/// The bytes of a connection mean the same however they are cut into pieces: the same requests, and
/// the same refusal after them.

#include <restful_functions/http/limits.hpp>
#include <restful_functions/http/parser.hpp>

#include "property.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace http = restful_functions::http;

namespace {

/// A request as a text in which no two are the same.
std::string spelled(const http::request& request) {
    std::string text = request.method + " " + request.target + " " +
                       std::to_string(request.version_minor) + (request.keep_alive ? "+" : "-");
    for (const http::field& each : request.headers) {
        text += "\n" + each.name + ":" + std::to_string(each.value.size()) + ":" + each.value;
    }
    return text + "\n\n" + request.body + "\n";
}

/// What a parser makes of pieces, the sizes of which `next_size` tells.
template <class NextSize>
std::string read(std::string_view bytes, const http::limits& bounds, NextSize next_size) {
    http::parser parser(bounds);
    std::string seen;
    while (!bytes.empty()) {
        // A copy of its own: what the parser keeps of it would be found.
        const std::string piece(bytes.substr(0, std::max<std::size_t>(next_size(), 1)));
        bytes.remove_prefix(piece.size());
        std::string_view rest = piece;
        while (!rest.empty()) {
            const std::size_t used = parser.feed(rest);
            fuzz::require(used > 0 && used <= rest.size(), "feed() takes some of the bytes");
            rest.remove_prefix(used);
            if (parser.complete()) {
                const http::request request = parser.take();
                // The host of an absolute target may come as one more field.
                fuzz::require(request.body.size() <= bounds.max_body_bytes &&
                                  request.headers.size() <= bounds.max_fields + 1,
                              "a request keeps within its limits", spelled(request));
                seen += spelled(request);
            }
        }
    }
    seen += parser.idle() ? "idle" : parser.in_body() ? "in body" : "in head";
    if (parser.refused()) {
        seen += " " + std::to_string(parser.refused().status) + " ";
        seen += parser.refused().reason;
    }
    return seen;
}

void compare(std::string_view bytes, const http::limits& bounds) {
    const std::string whole = read(bytes, bounds, [&] { return bytes.size(); });
    const auto expect = [&](const char* how, const std::string& cut) {
        fuzz::require(cut == whole, how, "whole:\n" + whole + "\nin pieces:\n" + cut);
    };
    expect("byte by byte is the same as whole", read(bytes, bounds, [] { return 1; }));
    std::minstd_rand random(static_cast<unsigned>(std::hash<std::string_view>()(bytes)));
    for (const std::size_t longest : {std::size_t{4}, std::size_t{40}, bytes.size()}) {
        expect("random pieces are the same as whole",
               read(bytes, bounds, [&] { return random() % (longest + 1); }));
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes = fuzz::text_of(data, size);
    compare(bytes, {});
    compare(bytes, {.max_header_bytes = 64, .max_body_bytes = 16, .max_fields = 2});
    return 0;
}
