/// retention: how long the results of tasks are kept, and how many of them.
#pragma once

#include <chrono>
#include <cstddef>

namespace restful_functions::task {

/// How many finished tasks are kept and for how long; whichever bound is reached first holds, and
/// the task that finished first goes first. Tasks that have not finished are always kept.
struct retention {
    std::chrono::milliseconds result_ttl = std::chrono::hours(24);
    std::size_t max_finished_tasks = 1'000'000;
    std::size_t max_finished_bytes = std::size_t{1} << 30;  ///< Of their texts together.
};

}  // namespace restful_functions::task
