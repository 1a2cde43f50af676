/// quoted: any text as a JSON string, whatever bytes it consists of.
#pragma once

#include <restful_functions/detail/plain_run.hpp>
#include <restful_functions/detail/utf8_parts.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace restful_functions::detail {

/// How a JSON string holds an ASCII character that it cannot hold as it is.
[[nodiscard]] inline std::string escaped(char c) {
    switch (c) {
        case '"':
            return "\\\"";
        case '\\':
            return "\\\\";
        case '\b':
            return "\\b";
        case '\f':
            return "\\f";
        case '\n':
            return "\\n";
        case '\r':
            return "\\r";
        case '\t':
            return "\\t";
        default:
            break;
    }
    constexpr std::string_view digits = "0123456789abcdef";
    const auto code = static_cast<unsigned char>(c);
    return {'\\', 'u', '0', '0', digits[code >> 4], digits[code & 0x0F]};
}

/// `text` as a JSON string with its quotes. What is no UTF-8 becomes U+FFFD, as browsers decode
/// it: the message of an exception, or what a refusal quotes of a request, may hold anything, and a
/// client must be able to read the reply all the same.
[[nodiscard]] inline std::string quoted(std::string_view text) {
    std::string out;
    out.reserve(text.size() + 2);
    out += '"';
    for (;;) {
        const std::size_t plain = plain_run(text);
        out += text.substr(0, plain);
        text.remove_prefix(plain);
        if (text.empty()) break;
        if (utf8_sequence(text) == 0) {
            out += "\xEF\xBF\xBD";
            text.remove_prefix(replaced_bytes(text));
        } else {
            out += escaped(text.front());
            text.remove_prefix(1);
        }
    }
    out += '"';
    return out;
}

}  // namespace restful_functions::detail
