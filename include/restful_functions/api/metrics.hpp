/// metrics: what is counted and measured of calls and requests, while they are served.
#pragma once

#include <restful_functions/api/histogram.hpp>
#include <restful_functions/task/record.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace restful_functions::api {

namespace detail {

/// Seconds: from a call that adds two numbers to one that runs for a day.
inline constexpr std::array<double, 20> duration_bounds{
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
    0.25,   0.5,     1,      2.5,   5,      10,    60,   600,   3600, 86400};

constexpr double mebibyte = 1024.0 * 1024.0;
inline constexpr std::array<double, 9> memory_bounds{
    mebibyte,        4 * mebibyte,    16 * mebibyte,     64 * mebibyte,    256 * mebibyte,
    1024 * mebibyte, 4096 * mebibyte, 16'384 * mebibyte, 65'536 * mebibyte};

}  // namespace detail

/// Recording costs nanoseconds; texts are made when somebody asks for them.
class metrics {
 public:
    static constexpr std::array<std::string_view, 5> methods{"GET", "HEAD", "OPTIONS", "POST",
                                                             "other"};
    static constexpr std::size_t outcomes = static_cast<std::size_t>(task::outcome::lost) + 1;
    static constexpr int first_status = 100;

    /// What is known of one function's calls.
    struct of_function {
        std::array<std::uint64_t, outcomes> ended{};  ///< by task::outcome
        histogram duration{detail::duration_bounds};
        histogram queue_wait{detail::duration_bounds};
        histogram peak_memory{detail::memory_bounds};
    };

    explicit metrics(std::size_t functions) : functions_(functions) {}

    /// A task has ended, after it ran for so long, if it ran at all.
    void on_end(const task::record& ended, std::optional<std::chrono::nanoseconds> ran) {
        of_function& its = functions_[ended.function];
        ++its.ended[static_cast<std::size_t>(ended.how.value_or(task::outcome::lost))];
        if (!ran) return;
        its.duration.record(std::chrono::duration<double>(*ran).count());
        its.queue_wait.record(std::chrono::duration<double>(ended.queue_wait).count());
    }

    /// The process of a task is gone.
    void on_departure(const task::record& left) {
        if (!left.used || left.used->peak_resident_bytes == 0) return;
        functions_[left.function].peak_memory.record(
            static_cast<double>(left.used->peak_resident_bytes));
    }

    /// The index of a method among `methods`.
    [[nodiscard]] static std::size_t index_of(std::string_view method) noexcept {
        const auto found = std::find(methods.begin(), methods.end() - 1, method);
        return static_cast<std::size_t>(found - methods.begin());
    }

    /// A request with that method was answered.
    void on_answer(std::size_t method, int status) noexcept {
        ++requests_[method][static_cast<std::size_t>(std::clamp(status, 100, 599) - first_status)];
    }

    void on_connection_opened() noexcept { ++connections_; }
    void on_connection_closed() noexcept { --connections_; }

    [[nodiscard]] const of_function& function(std::size_t index) const {
        return functions_.at(index);
    }
    /// By status, from first_status on.
    [[nodiscard]] const std::array<std::uint64_t, 500>& requests(std::size_t method) const {
        return requests_.at(method);
    }
    /// Of all transports, now.
    [[nodiscard]] std::size_t connections() const noexcept { return connections_; }
    [[nodiscard]] std::chrono::system_clock::time_point start() const noexcept { return start_; }

 private:
    std::vector<of_function> functions_;
    std::array<std::array<std::uint64_t, 500>, methods.size()> requests_{};
    std::size_t connections_ = 0;
    std::chrono::system_clock::time_point start_ = std::chrono::system_clock::now();
};

}  // namespace restful_functions::api
