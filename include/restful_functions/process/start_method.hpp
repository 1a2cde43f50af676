/// start_method: how a process that serves calls is started.
#pragma once

#include <restful_functions/process/isolation.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace restful_functions::process {

enum class start_method : std::uint8_t {
    fork,       ///< a fork of the program, which runs the program's hook while it is parked
    bare_fork,  ///< one that runs the hook after each rewind(), and not before the first mark()
    spawn,      ///< a new run of the program, up to where it would serve
};

inline constexpr std::array start_methods{start_method::fork, start_method::bare_fork,
                                          start_method::spawn};

/// A value for each start method.
template <typename T>
struct by_start_method {
    std::array<T, start_methods.size()> values{};

    [[nodiscard]] T& operator[](start_method method) noexcept {
        return values[static_cast<std::size_t>(method)];
    }
    [[nodiscard]] const T& operator[](start_method method) const noexcept {
        return values[static_cast<std::size_t>(method)];
    }
};

/// The process that a call wants. Without a hook every fork can be rewound.
[[nodiscard]] constexpr start_method start_method_for(isolation how, bool has_hook) noexcept {
    if (how == isolation::spawn) return start_method::spawn;
    return how == isolation::rewind && has_hook ? start_method::bare_fork : start_method::fork;
}

}  // namespace restful_functions::process
