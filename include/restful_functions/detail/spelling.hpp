/// What the compiler calls a thing: the names that `__PRETTY_FUNCTION__` spells inside a template.
#pragma once

#include <string_view>

namespace restful_functions::detail {

/// The signature of this very function, as GCC and Clang print it; it ends in `= <Entity>]` or
/// `= <Entity>; ...]`.
template <auto Entity>
consteval std::string_view signature_with() {
    return __PRETTY_FUNCTION__;
}

// Clang 16 to 19 warn here, too, of the values that enum_names.hpp explains.
#ifdef __clang__
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wunknown-warning-option"
#pragma clang diagnostic ignored "-Wenum-constexpr-conversion"
#endif

/// How the compiler writes `Entity`: `addition` (GCC) or `&addition` (Clang), `color::red`,
/// `(color)7`.
template <auto Entity>
consteval std::string_view spelling() {
    constexpr std::string_view introduction = "Entity = ";
    const std::string_view signature = signature_with<Entity>();
    const auto begin = signature.find(introduction) + introduction.size();
    // GCC explains the return type, too: "[with auto Entity = x; std::string_view = ...]".
    auto end = signature.rfind("; std::string_view = ");
    if (end == std::string_view::npos) end = signature.size() - 1;
    return signature.substr(begin, end - begin);
}

#ifdef __clang__
#pragma clang diagnostic pop
#endif

/// A letter, a digit, an underscore or a byte of a character beyond ASCII.
constexpr bool is_identifier_character(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           static_cast<unsigned char>(c) >= 0x80;
}

/// Whether `text` could be the name of a variable.
constexpr bool is_identifier(std::string_view text) noexcept {
    for (const char c : text) {
        if (!is_identifier_character(c)) return false;
    }
    return !text.empty() && !(text.front() >= '0' && text.front() <= '9');
}

/// The identifier that `text` ends with; empty when it ends otherwise.
constexpr std::string_view last_identifier(std::string_view text) noexcept {
    auto begin = text.size();
    while (begin > 0 && is_identifier_character(text[begin - 1])) --begin;
    return text.substr(begin);
}

}  // namespace restful_functions::detail
