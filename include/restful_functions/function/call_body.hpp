/// call_body: a call's arguments on their way to its process: a JSON object, and behind it what is
/// no JSON.
#pragma once

#include <charconv>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace restful_functions {

/// An argument of bytes.
struct attachment {
    std::string_view name;  ///< of the argument; no NUL is in it, nor in the other names
    std::string_view content_type;
    std::string_view bytes;
    std::string_view filename{};
};

/// Adds an argument of bytes, or an element of one that is a list, to a body, behind a NUL, which
/// no JSON text has: whoever takes a body from a client sees to it that it brings none.
inline void attach(std::string& body, const attachment& added) {
    body.append(1, '\0').append(added.name).append(1, '\0').append(added.content_type);
    body.append(1, '\0').append(added.filename);
    body.append(1, '\0').append(std::to_string(added.bytes.size())).append(1, '\0');
    body.append(added.bytes);
}

/// A body taken apart: views of it.
struct call_body {
    std::string_view json;
    std::vector<attachment> attachments{};
};

/// nullopt: it was not made by `attach`.
[[nodiscard]] inline std::optional<call_body> take_apart(std::string_view body) {
    const std::size_t end = body.find('\0');
    call_body parts{body.substr(0, end)};
    if (end == body.npos) return parts;
    body.remove_prefix(end);
    const auto word = [&body]() -> std::optional<std::string_view> {
        const std::size_t size = body.find('\0');
        if (size == body.npos) return std::nullopt;
        const std::string_view text = body.substr(0, size);
        body.remove_prefix(size + 1);
        return text;
    };
    while (!body.empty()) {
        if (body.front() != '\0') return std::nullopt;
        body.remove_prefix(1);
        const auto name = word();
        const auto content_type = name ? word() : std::nullopt;
        const auto filename = content_type ? word() : std::nullopt;
        const auto digits = filename ? word() : std::nullopt;
        if (!digits) return std::nullopt;
        std::size_t size = 0;
        const char* last = digits->data() + digits->size();
        const auto read = std::from_chars(digits->data(), last, size);
        if (read.ec != std::errc() || read.ptr != last || size > body.size()) return std::nullopt;
        parts.attachments.push_back({*name, *content_type, body.substr(0, size), *filename});
        body.remove_prefix(size);
    }
    return parts;
}

}  // namespace restful_functions
