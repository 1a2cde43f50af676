/// waiting_limits: how many calls wait for a process.
#pragma once

#include <cstddef>

namespace restful_functions::task {

/// What calls of all functions that wait may be together, without those that have a place in the
/// queue of their function (`max_queued`). A call beyond that still waits where few others of its
/// function do, so that a flood of one function leaves room for the others.
struct waiting_limits {
    std::size_t calls = 10'000;
    std::size_t bytes = std::size_t{256} << 20;  ///< of their bodies
    std::size_t calls_of_each = 16;              ///< that each function has to itself

    /// The most bytes of the body of a call that takes one of `calls_of_each`.
    static constexpr std::size_t small_body = std::size_t{64} << 10;
};

}  // namespace restful_functions::task
