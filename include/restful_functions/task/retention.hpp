/// retention: how long the results of tasks are kept, and how many of them.
#pragma once

#include <restful_functions/detail/usable_memory.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace restful_functions::task {

/// How many finished tasks are kept and for how long; whichever bound is reached first holds. Where
/// there are too many, the caller with the most makes room, with the results that it has got before
/// the others. Tasks that have not finished are always kept.
struct retention {
    std::chrono::milliseconds result_ttl = std::chrono::hours(24);
    std::size_t max_finished_tasks = std::min<std::size_t>(1'000'000, part_of_memory() / 512);
    std::size_t max_finished_bytes =  ///< Of their texts together.
        std::min(std::size_t{1} << 30, part_of_memory());

    /// The bytes that texts may take by default, and that records may: a quarter of the memory, as
    /// it was at the first call.
    [[nodiscard]] static std::size_t part_of_memory() {
        static const std::size_t part = restful_functions::detail::usable_memory() / 4;
        return part;
    }
};

}  // namespace restful_functions::task
