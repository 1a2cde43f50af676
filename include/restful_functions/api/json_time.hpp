/// json_time: times and durations as JSON.
#pragma once

#include <restful_functions/task/time.hpp>

#include <chrono>
#include <cstdint>
#include <ratio>
#include <string>

namespace restful_functions::api {

namespace detail {

/// At least that many digits, with zeros before the number.
inline std::string padded(std::int64_t number, std::size_t digits) {
    const std::string text = std::to_string(number);
    return text.size() < digits ? std::string(digits - text.size(), '0') + text : text;
}

}  // namespace detail

/// Seconds as a JSON number, exactly and as short as that allows: 86400, 1.5. Not for negative
/// durations.
template <std::intmax_t PerSecond>
[[nodiscard]] std::string json_seconds(
    std::chrono::duration<std::int64_t, std::ratio<1, PerSecond>> duration) {
    std::string text = std::to_string(duration.count() / PerSecond);
    if (const auto rest = duration.count() % PerSecond; rest != 0) {
        text += '.' + std::to_string(PerSecond + rest).substr(1);
        text.erase(text.find_last_not_of('0') + 1);
    }
    return text;
}

/// A time as a JSON string with milliseconds, in UTC (RFC 3339): "2026-11-22T12:33:01.042Z".
[[nodiscard]] inline std::string json_time(task::wall_time time) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(time - day);
    using detail::padded;
    return '"' + padded(static_cast<int>(date.year()), 4) + '-' +
           padded(static_cast<unsigned>(date.month()), 2) + '-' +
           padded(static_cast<unsigned>(date.day()), 2) + 'T' + padded(clock.hours().count(), 2) +
           ':' + padded(clock.minutes().count(), 2) + ':' + padded(clock.seconds().count(), 2) +
           '.' + padded(clock.subseconds().count(), 3) + "Z\"";
}

/// The same, or null for what has not happened.
[[nodiscard]] inline std::string json_time(task::optional_time time) {
    return time ? json_time(*time) : "null";
}

}  // namespace restful_functions::api
