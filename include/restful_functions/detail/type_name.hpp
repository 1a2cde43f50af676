/// What a type is called, in letters that fit a URL.
#pragma once

#include <string>
#include <string_view>

namespace restful_functions::detail {

/// The signature of this very function, in which GCC and Clang spell `T`: `[with T = x; ...]` or
/// `[T = x]`.
template <typename T>
consteval std::string_view signature_with_type() {
    return __PRETTY_FUNCTION__;
}

/// How the compiler spells `T`: `shapes::circle`.
template <typename T>
consteval std::string_view type_spelling() {
    constexpr std::string_view introduction = "T = ";
    const std::string_view signature = signature_with_type<T>();
    const auto begin = signature.find(introduction) + introduction.size();
    auto end = signature.rfind("; std::string_view = ");
    if (end == std::string_view::npos) end = signature.size() - 1;
    return signature.substr(begin, end - begin);
}

/// The spelling in letters, digits and the signs `_`, `.`: `shapes.circle`; without what stands for
/// a namespace that has no name.
inline std::string plain_type_name(std::string_view spelling) {
    std::string name;
    const auto drop = [&](std::string_view word) {
        if (!spelling.starts_with(word)) return false;
        spelling.remove_prefix(word.size());
        return true;
    };
    while (!spelling.empty()) {
        if (drop("{anonymous}::") || drop("(anonymous namespace)::") || drop("<unnamed>::"))
            continue;
        if (drop("::")) {
            name += '.';
            continue;
        }
        const char c = spelling.front();
        const bool is_plain =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
        if (is_plain) {
            name += c;
        } else if (!name.empty() && name.back() != '_') {
            name += '_';
        }
        spelling.remove_prefix(1);
    }
    while (name.ends_with('_')) name.pop_back();
    return name;
}

}  // namespace restful_functions::detail
