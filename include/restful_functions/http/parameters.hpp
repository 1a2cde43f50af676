/// parameters: what follows a field's first semicolon: `form-data; name="a"; filename="b"`.
#pragma once

#include <restful_functions/http/characters.hpp>
#include <restful_functions/http/preferences.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace restful_functions::http {

/// A media type without its parameters: `text/plain` of `text/plain; charset=utf-8`.
[[nodiscard]] inline std::string_view essence_of(std::string_view media_type) noexcept {
    return detail::list_scanner::trimmed(media_type.substr(0, media_type.find(';')));
}

/// The parameters of a field (RFC 9110, 5.6.6): views into it.
class parameters {
 public:
    static constexpr std::size_t most = 32;

    /// nullopt: a name comes twice, of which two readers may take different ones, or there are more
    /// than `most`.
    [[nodiscard]] static std::optional<parameters> of(std::string_view field) {
        parameters all;
        detail::list_scanner parts(field);
        parts.next(';');
        while (const auto part = parts.next(';')) {
            if (part->empty()) continue;
            const std::size_t equals = std::min(part->find('='), part->size());
            const auto name = detail::list_scanner::trimmed(part->substr(0, equals));
            if (all.raw(name) || all.list_.size() == most) return std::nullopt;
            all.list_.emplace_back(name, detail::list_scanner::trimmed(
                                             part->substr(std::min(equals + 1, part->size()))));
        }
        return all;
    }

    /// The value of a parameter without its quotes; nullopt: there is none.
    [[nodiscard]] std::optional<std::string> find(std::string_view name) const {
        const auto given = raw(name);
        if (!given) return std::nullopt;
        const std::string_view text = detail::unquoted(*given);
        const bool is_quoted = text.size() != given->size();
        std::string value;
        for (std::size_t i = 0; i < text.size(); ++i) {
            // A backslash before anything else belongs to a path of Windows.
            if (is_quoted && text[i] == '\\' && i + 1 < text.size() &&
                (text[i + 1] == '"' || text[i + 1] == '\\')) {
                ++i;
            }
            value += text[i];
        }
        return value;
    }

 private:
    [[nodiscard]] std::optional<std::string_view> raw(std::string_view name) const noexcept {
        for (const auto& [known, value] : list_)
            if (equal_ignoring_case(known, name)) return value;
        return std::nullopt;
    }

    std::vector<std::pair<std::string_view, std::string_view>> list_;
};

/// The value of one parameter, `boundary` of `multipart/form-data; boundary=x`; nullopt: there is
/// none, or a parameter comes twice.
[[nodiscard]] inline std::optional<std::string> parameter_of(std::string_view field,
                                                             std::string_view name) {
    const auto all = parameters::of(field);
    return all ? all->find(name) : std::nullopt;
}

}  // namespace restful_functions::http
