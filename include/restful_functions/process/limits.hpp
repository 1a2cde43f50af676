/// limits: how much of the machine a call may use, and the units to say it in.
#pragma once

#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace restful_functions {

/// An amount of memory or of a file: `512_MiB` with restful_functions::literals, or `bytes{1000}`.
struct bytes {
    std::uint64_t value = 0;

    friend constexpr auto operator<=>(const bytes&, const bytes&) noexcept = default;
};

namespace detail {

// Not defined: a literal that calls it does not compile, and its name says why.
void error__64_bits_cannot_count_so_many_bytes();

consteval bytes bytes_of(unsigned long long count, std::uint64_t unit) {
    if (count > UINT64_MAX / unit) error__64_bits_cannot_count_so_many_bytes();
    return {count * unit};
}

}  // namespace detail

/// Amounts as IEC 80000-13 writes them. `using namespace restful_functions::literals;` and
/// `std::chrono_literals` make `{.memory = 256_MiB, .cpu = 10s}` a value of limits.
namespace literals {

consteval bytes operator""_B(unsigned long long count) { return detail::bytes_of(count, 1); }
consteval bytes operator""_KiB(unsigned long long count) {
    return detail::bytes_of(count, std::uint64_t{1} << 10);
}
consteval bytes operator""_MiB(unsigned long long count) {
    return detail::bytes_of(count, std::uint64_t{1} << 20);
}
consteval bytes operator""_GiB(unsigned long long count) {
    return detail::bytes_of(count, std::uint64_t{1} << 30);
}

}  // namespace literals

/// How much of the machine one call may use. What is not given is not limited.
struct limits {
    /// Memory that the call asks for, beside what the program had before it. Past it `new` throws
    /// std::bad_alloc, and the call ends as out of memory. Each process of the call has this limit
    /// (RLIMIT_DATA), which counts heap and private mappings, touched or not, but no threads'
    /// stacks; where the server may make a control group for the call, its processes also
    /// have one together, of this, the program's own memory and a slot, past which all are killed.
    std::optional<bytes> memory = std::nullopt;
    /// Time on processors, not on the clock, in whole seconds rounded up; past it the call is
    /// ended.
    std::optional<std::chrono::milliseconds> cpu = std::nullopt;
    /// Processes and threads of the server's user, beyond which the call makes none (RLIMIT_NPROC,
    /// getrlimit(2)); does not hold for root.
    std::optional<std::size_t> processes = std::nullopt;
    /// Descriptors that the call may have open at a time.
    std::optional<std::size_t> open_files = std::nullopt;
    /// The size that a file can grow to by the call's writing.
    std::optional<bytes> file_size = std::nullopt;
    /// The stack of the call.
    std::optional<bytes> stack = std::nullopt;
};

}  // namespace restful_functions
