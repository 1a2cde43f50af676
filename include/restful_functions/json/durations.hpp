/// Codec of std::chrono durations: seconds.
#pragma once

#include <restful_functions/json/codec.hpp>
#include <restful_functions/json/scalars.hpp>
#include <restful_functions/json/schema.hpp>

#include <chrono>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>

namespace restful_functions {

/// A number of seconds, whatever the duration's own unit is: 1.5 is 1500 ms. A number that the
/// unit cannot hold exactly is refused; where it counts in floating-point numbers, one beyond their
/// range.
template <typename Rep, typename Period>
struct codec<std::chrono::duration<Rep, Period>> {
    using duration = std::chrono::duration<Rep, Period>;
    static constexpr auto type = arg_type::floating;

    static json::decoded<duration> decode(const json::value& value) {
        const auto seconds = json::decode<double>(value);
        if (!seconds) return seconds.why();
        const long double count = static_cast<long double>(*seconds) * Period::den / Period::num;
        if constexpr (std::floating_point<Rep>) {
            if (std::abs(count) > static_cast<long double>(std::numeric_limits<Rep>::max())) {
                return json::refusal{json::excerpt(value) + " is too large for a duration", {}};
            }
            return duration(static_cast<Rep>(count));
        } else {
            const long double whole = std::round(count);
            const bool is_in_range =
                whole >= static_cast<long double>(std::numeric_limits<Rep>::min()) &&
                whole <= static_cast<long double>(std::numeric_limits<Rep>::max());
            // 0.3 s has no exact double, but the double that 300 ms give is the same one.
            if (!is_in_range || to_seconds(whole) != *seconds) {
                return json::is_not("a whole number of units of " + unit(), value);
            }
            return duration(static_cast<Rep>(whole));
        }
    }

    static void encode(const duration& time, json::writer& out) {
        if constexpr (std::integral<Rep> && Period::den == 1) {
            constexpr auto most = std::numeric_limits<std::int64_t>::max() / Period::num;
            if (std::cmp_greater_equal(time.count(), -most) &&
                std::cmp_less_equal(time.count(), most)) {
                return json::encode(static_cast<std::int64_t>(time.count()) * Period::num, out);
            }
        }
        out.Double(to_seconds(static_cast<long double>(time.count())));
    }

    static std::string schema(json::schemas&) {
        return R"({"type": "number", "description": "seconds"})";
    }

 private:
    static double to_seconds(long double count) {
        return static_cast<double>(count * Period::num / Period::den);
    }

    static std::string unit() {
        std::string text = std::to_string(Period::num);
        if (Period::den != 1) text += "/" + std::to_string(Period::den);
        return text + " s";
    }
};

}  // namespace restful_functions
