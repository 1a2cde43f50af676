/// usable_memory: how much memory this process can have.
#pragma once

#include <restful_functions/detail/cgroup.hpp>

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>

namespace restful_functions::detail {

/// The bytes that a file of a control group allows; the greatest number where it sets no limit
/// ("max") or is not there.
inline std::size_t bytes_of_limit(std::string_view text) {
    std::size_t bytes = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), bytes);
    return parsed.ec == std::errc() ? bytes : std::numeric_limits<std::size_t>::max();
}

/// The bytes of the machine's memory, or fewer where the process's control groups have a limit
/// (memory.max of version 2, memory.limit_in_bytes of version 1). A container with a limit sees all
/// memory of its machine.
inline std::size_t usable_memory(const std::string& self = "/proc/self") {
    std::size_t least = static_cast<std::size_t>(::sysconf(_SC_PHYS_PAGES)) *
                        static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    visit_cgroups(self, "memory", [&](const std::string& group, std::string_view controller) {
        const char* const file = controller.empty() ? "/memory.max" : "/memory.limit_in_bytes";
        least = std::min(least, bytes_of_limit(text_of(group + file)));
    });
    return least;
}

}  // namespace restful_functions::detail
