/// What a client prefers of the way that its request is answered: the Prefer field (RFC 7240).
#pragma once

#include <restful_functions/http/characters.hpp>
#include <restful_functions/http/message.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace restful_functions::http {

/// The preferences that this server knows; others are passed over, as the RFC wants.
struct preferences {
    bool respond_async = false;                ///< RFC 7240, 4.1
    std::optional<std::chrono::seconds> wait;  ///< RFC 7240, 4.3; a day at the most

    [[nodiscard]] bool any() const noexcept { return respond_async || wait; }

    /// The value of Preference-Applied.
    [[nodiscard]] std::string applied() const {
        std::string text = respond_async ? "respond-async" : "";
        if (wait) {
            if (respond_async) text += ", ";
            text += "wait=" + std::to_string(wait->count());
        }
        return text;
    }
};

namespace detail {

/// Walks through the elements of a list whose values may be quoted (RFC 9110, 5.6.1 and 5.6.4).
class list_scanner {
 public:
    explicit list_scanner(std::string_view text) noexcept : rest_(text) {}

    /// The text up to the next separator that is not within quotes, without white space around it;
    /// nullopt at the end.
    std::optional<std::string_view> next(char separator) noexcept {
        if (ended_) return std::nullopt;
        bool quoted = false;
        std::size_t end = 0;
        for (; end < rest_.size() && (quoted || rest_[end] != separator); ++end) {
            if (rest_[end] == '"') quoted = !quoted;
            if (quoted && rest_[end] == '\\') ++end;
        }
        end = std::min(end, rest_.size());
        const std::string_view element = trimmed(rest_.substr(0, end));
        ended_ = end == rest_.size();
        rest_.remove_prefix(ended_ ? end : end + 1);
        return element;
    }

    static std::string_view trimmed(std::string_view text) noexcept {
        text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
        return text.substr(0, text.find_last_not_of(" \t") + 1);
    }

 private:
    std::string_view rest_;
    bool ended_ = false;
};

inline std::string_view unquoted(std::string_view text) noexcept {
    return text.size() >= 2 && text.front() == '"' && text.back() == '"'
               ? text.substr(1, text.size() - 2)
               : text;
}

/// Digits only; more than a day is a day.
inline std::optional<std::chrono::seconds> parse_wait(std::string_view text) noexcept {
    constexpr std::int64_t day = 86'400;
    if (text.empty() || !std::all_of(text.begin(), text.end(), is_digit)) return std::nullopt;
    std::int64_t seconds = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), seconds);
    return std::chrono::seconds(read.ec == std::errc() ? std::min(seconds, day) : day);
}

}  // namespace detail

/// Reads all Prefer fields. Of a preference that is given twice the first one counts (RFC 7240, 2);
/// one with a malformed value is passed over.
inline preferences parse_preferences(const fields& headers) {
    preferences found;
    for (const field& f : headers) {
        if (!equal_ignoring_case(f.name, "Prefer")) continue;
        detail::list_scanner elements(f.value);
        while (const auto element = elements.next(',')) {
            detail::list_scanner parts(*element);
            const std::string_view preference = parts.next(';').value_or("");
            const std::size_t equals = std::min(preference.find('='), preference.size());
            const auto name = detail::list_scanner::trimmed(preference.substr(0, equals));
            const auto value = detail::unquoted(detail::list_scanner::trimmed(
                preference.substr(std::min(equals + 1, preference.size()))));
            if (equal_ignoring_case(name, "respond-async")) found.respond_async = true;
            if (equal_ignoring_case(name, "wait") && !found.wait)
                found.wait = detail::parse_wait(value);
        }
    }
    return found;
}

}  // namespace restful_functions::http
