/// The Date field's form of a time, and that of now without formatting it for each response.
#pragma once

#include <array>
#include <cstddef>
#include <ctime>
#include <string_view>

namespace restful_functions::http {

/// A time as an IMF-fixdate (RFC 9110, 5.6.7), e.g. "Sun, 06 Nov 1994 08:49:37 GMT". Does not
/// depend on the locale.
class date {
 public:
    explicit date(std::time_t seconds) noexcept : seconds_(seconds) {
        std::tm utc{};
        ::gmtime_r(&seconds, &utc);
        constexpr std::string_view days = "SunMonTueWedThuFriSat";
        constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
        copy(0, days.substr(static_cast<std::size_t>(utc.tm_wday) * 3, 3));
        copy(8, months.substr(static_cast<std::size_t>(utc.tm_mon) * 3, 3));
        two_digits(5, utc.tm_mday);
        two_digits(12, (utc.tm_year + 1900) / 100);
        two_digits(14, utc.tm_year % 100);
        two_digits(17, utc.tm_hour);
        two_digits(20, utc.tm_min);
        two_digits(23, utc.tm_sec);
    }

    /// The seconds since 1970 that it stands for.
    [[nodiscard]] std::time_t seconds() const noexcept { return seconds_; }
    /// Its 29 characters.
    [[nodiscard]] std::string_view text() const noexcept { return {text_.data(), text_.size()}; }

 private:
    void copy(std::size_t at, std::string_view part) noexcept {
        part.copy(text_.data() + at, part.size());
    }
    void two_digits(std::size_t at, int value) noexcept {
        text_[at] = static_cast<char>('0' + value / 10);
        text_[at + 1] = static_cast<char>('0' + value % 10);
    }

    std::time_t seconds_;
    std::array<char, 29> text_{'D', 'd', 'd', ',', ' ', 'D', 'D', ' ', 'M', 'm',
                               'm', ' ', 'Y', 'Y', 'Y', 'Y', ' ', 'h', 'h', ':',
                               'm', 'm', ':', 's', 's', ' ', 'G', 'M', 'T'};
};

/// The time of now, formatted anew only when the second has changed. The text stays valid until the
/// next call in the same thread.
inline std::string_view current_date() noexcept {
    thread_local date cached(0);
    if (const std::time_t now = std::time(nullptr); now != cached.seconds()) cached = date(now);
    return cached.text();
}

}  // namespace restful_functions::http
