/// Codecs of numbers, truth values and text. A value of another kind is taken only if nothing is
/// lost.
#pragma once

#include <restful_functions/json/codec.hpp>
#include <restful_functions/json/schema.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <variant>

namespace restful_functions {

namespace json::detail {

template <typename T, typename... Other>
concept one_of = (std::same_as<T, Other> || ...);

/// The types that count; not those that stand for characters.
template <typename T>
concept integer = std::integral<T> && sizeof(T) <= sizeof(std::int64_t) &&
                  !one_of<T, bool, char, wchar_t, char8_t, char16_t, char32_t>;

/// Up to here a double stands for one integer only; from 2^53 on it may have been rounded.
inline constexpr double max_exact_integer = 9007199254740991;

template <integer T>
refusal out_of_range(const value& found, std::string expected = "between ") {
    expected += std::to_string(std::numeric_limits<T>::min()) + " and ";
    return is_not(expected + std::to_string(std::numeric_limits<T>::max()), found);
}

/// The number that the whole of `text` spells, in from_chars's grammar.
template <typename T>
std::errc read_number(std::string_view text, T& number) {
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    return error == std::errc() && stop != end ? std::errc::invalid_argument : error;
}

/// How many digits of a number count: those from its first one that is not 0 to its last such one.
/// A double keeps up to digits10 of them; with more, others may have been sent.
inline int significant_digits(std::string_view number) noexcept {
    int digits = 0;
    int zeros = 0;
    for (const char c : number.substr(0, number.find('e'))) {
        if (c == '0') {
            zeros += digits > 0 ? 1 : 0;
        } else if (c >= '1' && c <= '9') {
            digits += zeros + 1;
            zeros = 0;
        }
    }
    return digits;
}

}  // namespace json::detail

/// A JSON integer; also `3.0`, `1e3` and `"3"`. Out of range is refused.
template <json::detail::integer T>
struct codec<T> {
    static constexpr auto type = arg_type::integer;

    static json::decoded<T> decode(const json::value& value) {
        if (value.IsInt64()) return within_range(value.GetInt64(), value);
        if (value.IsUint64()) return within_range(value.GetUint64(), value);
        if (value.IsDouble()) return of_double(value);
        if (value.IsString()) return of_string(value);
        return json::is_not("an integer", value);
    }

    static void encode(T number, json::writer& out) {
        if constexpr (std::signed_integral<T>) {
            out.Int64(number);
        } else {
            out.Uint64(number);
        }
    }

    static std::string schema(json::schemas&) {
        return json::detail::integer_schema(8 * sizeof(T),
                                            std::to_string(std::numeric_limits<T>::min()),
                                            std::to_string(std::numeric_limits<T>::max()));
    }

 private:
    template <typename Wide>
    static json::decoded<T> within_range(Wide number, const json::value& value) {
        if (!std::in_range<T>(number)) return json::detail::out_of_range<T>(value);
        return static_cast<T>(number);
    }

    static json::decoded<T> of_double(const json::value& value) {
        const double number = value.GetDouble();
        if (number != std::trunc(number)) return json::is_not("an integer", value);
        if (std::abs(number) > json::detail::max_exact_integer) {
            return json::detail::out_of_range<T>(value, "an exact integer between ");
        }
        return within_range(static_cast<std::int64_t>(number), value);
    }

    static json::decoded<T> of_string(const json::value& value) {
        T number{};
        const std::errc error = json::detail::read_number(json::text_of(value), number);
        if (error == std::errc::result_out_of_range) return json::detail::out_of_range<T>(value);
        if (error != std::errc()) return json::is_not("an integer", value);
        return number;
    }
};

/// A JSON number; also `"1.5"`. Digits beyond the type's precision are rounded, as everywhere in
/// JSON; a number beyond its range is refused. NaN and infinities are written as null.
template <std::floating_point T>
struct codec<T> {
    static constexpr auto type = arg_type::floating;

    static json::decoded<T> decode(const json::value& value) {
        double number = 0;
        if (value.IsNumber()) {
            number = value.GetDouble();
        } else if (!value.IsString() ||
                   json::detail::read_number(json::text_of(value), number) != std::errc() ||
                   !std::isfinite(number)) {
            return json::is_not("a number", value);
        }
        if (std::abs(number) > largest + largest_rounded_off) {
            return json::refusal{json::excerpt(value) + " is too large for a float", {}};
        }
        return static_cast<T>(std::clamp<wide>(number, -largest, largest));
    }

    static void encode(T number, json::writer& out) {
        if constexpr (std::same_as<T, float>) {
            out.Float(number);
        } else {
            out.Double(static_cast<double>(number));
        }
    }

    static std::string schema(json::schemas&) {
        return json::detail::with_member(json::detail::schema_of_type("number"), "format",
                                         sizeof(T) == sizeof(float) ? "\"float\"" : "\"double\"");
    }

 private:
    using wide = std::common_type_t<T, double>;
    static constexpr wide largest = std::numeric_limits<T>::max();
    /// Half of the step below the largest float: its shortest digits, 3.4028235e+38, are above it.
    static constexpr wide largest_rounded_off =
        sizeof(T) < sizeof(wide) ? largest * std::numeric_limits<T>::epsilon() / 4 : 0;
};

/// `true` or `false`; also 1 and 0, and in any case of letters "true", "t", "yes", "y", "on", "1",
/// "false", "f", "no", "n", "off", "0".
template <>
struct codec<bool> {
    static constexpr auto type = arg_type::boolean;

    static json::decoded<bool> decode(const json::value& value) {
        if (value.IsBool()) return value.GetBool();
        if (value.IsNumber() && value.GetDouble() == 0) return false;
        if (value.IsNumber() && value.GetDouble() == 1) return true;
        if (value.IsString()) {
            std::string word(json::text_of(value));
            for (char& c : word) {
                if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
            }
            for (const std::string_view yes : {"true", "t", "yes", "y", "on", "1"}) {
                if (word == yes) return true;
            }
            for (const std::string_view no : {"false", "f", "no", "n", "off", "0"}) {
                if (word == no) return false;
            }
        }
        return json::is_not("a truth value", value);
    }

    static void encode(bool truth, json::writer& out) { out.Bool(truth); }
};

/// A JSON string; also a truth value or a number, as JSON writes it: 1.10 is "1.1". A double with
/// more digits than doubles keep is refused.
template <>
struct codec<std::string> {
    static constexpr auto type = arg_type::string;

    static json::decoded<std::string> decode(const json::value& value) {
        if (value.IsString()) return std::string(json::text_of(value));
        if (value.IsDouble()) return of_double(value);
        if (value.IsNumber() || value.IsBool()) return json::excerpt(value);
        return json::is_not("a string", value);
    }

    static void encode(const std::string& text, json::writer& out) { out.String(text); }

 private:
    static json::decoded<std::string> of_double(const json::value& value) {
        std::string text = json::excerpt(value);
        if (std::abs(value.GetDouble()) > json::detail::max_exact_integer ||
            json::detail::significant_digits(text) > std::numeric_limits<double>::digits10) {
            return json::is_not("a string, and may have lost digits as a number: put it in quotes",
                                value);
        }
        return text;
    }
};

/// A JSON string of one byte.
template <>
struct codec<char> {
    static constexpr auto type = arg_type::string;

    static json::decoded<char> decode(const json::value& value) {
        if (!value.IsString() || value.GetStringLength() != 1) {
            return json::is_not("a string of one ASCII character", value);
        }
        return *value.GetString();
    }

    static void encode(char character, json::writer& out) {
        out.String(std::string_view(&character, 1));
    }

    static std::string schema(json::schemas&) {
        return R"({"type": "string", "minLength": 1, "maxLength": 1})";
    }
};

/// Text that lives elsewhere: a result only. A parameter `std::string_view` is decoded as a
/// std::string that outlives the call.
template <>
struct codec<std::string_view> {
    static void encode(std::string_view text, json::writer& out) { out.String(text); }

    static std::string schema(json::schemas&) { return json::detail::schema_of_type("string"); }
};

/// Text that lives elsewhere: a result only. A null pointer is null.
template <>
struct codec<const char*> {
    static void encode(const char* text, json::writer& out) {
        if (text == nullptr) {
            out.Null();
        } else {
            out.String(std::string_view(text));
        }
    }

    static std::string schema(json::schemas&) {
        return json::detail::or_null(json::detail::schema_of_type("string"));
    }
};

/// null.
template <>
struct codec<std::monostate> {
    static constexpr auto type = arg_type::dict;

    static json::decoded<std::monostate> decode(const json::value& value) {
        if (!value.IsNull()) return json::is_not("null", value);
        return std::monostate();
    }

    static void encode(std::monostate, json::writer& out) { out.Null(); }

    static std::string schema(json::schemas&) { return json::detail::schema_of_type("null"); }
};

}  // namespace restful_functions
