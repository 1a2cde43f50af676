/// content_disposition: the name of a file in the field of that name (RFC 6266, RFC 8187).
#pragma once

#include <restful_functions/detail/plain_run.hpp>
#include <restful_functions/http/characters.hpp>
#include <restful_functions/http/parameters.hpp>
#include <restful_functions/http/target.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace restful_functions::http {

namespace detail {

[[nodiscard]] inline std::string from_latin_1(std::string_view text) {
    std::string utf8;
    for (const char c : text) {
        const auto code = static_cast<unsigned char>(c);
        if (code < 0x80) {
            utf8 += c;
        } else {
            utf8 += static_cast<char>(0xC0 | code >> 6);
            utf8 += static_cast<char>(0x80 | (code & 0x3F));
        }
    }
    return utf8;
}

/// The text of an extended value, `UTF-8'en'a%20b` (RFC 8187, 3.2); nullopt: it is none, or of
/// another character set than UTF-8 and ISO-8859-1.
[[nodiscard]] inline std::optional<std::string> parse_extended_value(std::string_view value) {
    const std::size_t first = value.find('\'');
    const std::size_t second = first == value.npos ? first : value.find('\'', first + 1);
    if (second == value.npos) return std::nullopt;
    const std::string_view charset = value.substr(0, first);
    auto text = percent_decode(value.substr(second + 1));
    if (!text) return std::nullopt;
    if (equal_ignoring_case(charset, "ISO-8859-1")) return from_latin_1(*text);
    const bool is_sound =
        equal_ignoring_case(charset, "UTF-8") && restful_functions::detail::is_utf8(*text);
    return is_sound ? text : std::nullopt;
}

/// Undoes what browsers write in names within forms for a quote and for line ends (HTML Standard,
/// 4.10.22.8).
[[nodiscard]] inline std::string without_form_escapes(std::string_view text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const std::string_view here = text.substr(i, 3);
        const char meant = here == "%22" ? '"' : here == "%0D" ? '\r' : here == "%0A" ? '\n' : '\0';
        plain += meant == '\0' ? text[i] : meant;
        if (meant != '\0') i += 2;
    }
    return plain;
}

}  // namespace detail

/// The name of the file, in UTF-8; nullopt: there is none. `filename*` goes first (RFC 6266, 4.3).
/// A `filename` that is not UTF-8 is taken for ISO-8859-1.
[[nodiscard]] inline std::optional<std::string> file_name_in(const parameters& of_field) {
    if (const auto extended = of_field.find("filename*")) {
        if (auto text = detail::parse_extended_value(*extended)) return text;
    }
    auto plain = of_field.find("filename");
    if (plain && !restful_functions::detail::is_utf8(*plain)) return detail::from_latin_1(*plain);
    return plain;
}

/// `inline; filename="gr__e.png"; filename*=UTF-8''gr%C3%B6%C3%9Fe.png`: the name for those who
/// know ASCII only, and as it is (RFC 6266, appendix D).
[[nodiscard]] inline std::string content_disposition(std::string_view file_name) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string plain;
    std::string extended;
    for (const char c : file_name) {
        const auto byte = static_cast<unsigned char>(c);
        const bool is_plain = byte >= 0x20 && byte < 0x7F && c != '"' && c != '\\' && c != '%';
        plain += is_plain ? c : '_';
        if (detail::is_alphanumeric(c) ||
            std::string_view("!#$&+-.^_`|~").find(c) != std::string_view::npos) {
            extended += c;
        } else {
            extended += {'%', digits[byte >> 4], digits[byte & 15]};
        }
    }
    return "inline; filename=\"" + plain + "\"; filename*=UTF-8''" + extended;
}

}  // namespace restful_functions::http
