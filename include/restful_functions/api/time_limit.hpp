/// time_limit: the request header that tightens the timeout of one call.
#pragma once

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <system_error>

namespace restful_functions::api {

/// How many seconds the caller waits for the call, from its arrival, at the most: "30", "0.5". A
/// call that still waits in the queue then ends without having run. It cannot loosen the function's
/// own timeout.
///
/// No registered field says this. The wait of Prefer (RFC 7240, 4.3) is how long the client waits
/// for an answer, while the work may go on; grpc-timeout belongs to gRPC and its units. So it is
/// the name that people try first.
inline constexpr std::string_view time_limit_field = "X-Timeout";

/// Reads the field's value, rounded up to milliseconds. nullopt: not a decimal number above 0.
[[nodiscard]] inline std::optional<std::chrono::milliseconds> parse_time_limit(
    std::string_view text) {
    using std::chrono::milliseconds;
    constexpr std::string_view digits = "0123456789";
    const std::size_t point = std::min(text.find('.'), text.size());
    const std::string_view whole = text.substr(0, point);
    const std::string_view fraction = point == text.size() ? "0" : text.substr(point + 1);
    for (const std::string_view part : {whole, fraction}) {
        if (part.empty() || part.find_first_not_of(digits) != part.npos) return std::nullopt;
    }

    std::int64_t seconds = 0;
    const auto read = std::from_chars(whole.data(), whole.data() + whole.size(), seconds);
    const auto longest = std::chrono::floor<std::chrono::seconds>(milliseconds::max()).count();
    if (read.ec == std::errc::result_out_of_range || seconds >= longest) return milliseconds::max();
    std::int64_t thousandths = 0;
    for (std::size_t i = 0; i < 3; ++i) {
        thousandths = thousandths * 10 + (i < fraction.size() ? fraction[i] - '0' : 0);
    }
    if (fraction.find_first_not_of('0', 3) != fraction.npos) ++thousandths;
    const milliseconds limit(seconds * 1000 + thousandths);
    return limit.count() == 0 ? std::nullopt : std::optional(limit);
}

}  // namespace restful_functions::api
