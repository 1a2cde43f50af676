/// usable_processors: how many processors this process can keep busy.
#pragma once

#include <restful_functions/detail/cgroup.hpp>

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace restful_functions::detail {

/// Those that the process may run on (sched_getaffinity(2)); 1 where the system does not tell.
inline std::size_t processors_of_affinity() {
    for (std::size_t words = 16; words <= 4096; words *= 2) {
        std::vector<unsigned long> mask(words);
        auto* set = reinterpret_cast<cpu_set_t*>(mask.data());
        const std::size_t size = words * sizeof mask[0];
        if (::sched_getaffinity(0, size, set) == 0) {
            return static_cast<std::size_t>(std::max(1, CPU_COUNT_S(size, set)));
        }
        if (errno != EINVAL) break;  // EINVAL: the kernel's mask is larger
    }
    return 1;
}

/// Infinite: there is no quota. `text` begins with microseconds of processor time, `period` with
/// those in which they may be used.
inline double processors_of_quota(std::string_view text, std::string_view period) {
    const auto number = [](std::string_view digits) {
        long long value = 0;
        std::from_chars(digits.data(), digits.data() + digits.size(), value);
        return static_cast<double>(value);
    };
    const double quota = number(text);  // "max" and -1: as much as there is
    const double each = number(period);
    return quota > 0 && each > 0 ? quota / each : std::numeric_limits<double>::infinity();
}

/// The least of the group's quota and of those above it (cpu.max of version 2, cpu.cfs_quota_us and
/// cpu.cfs_period_us of version 1), in processors; infinite without one. `self` is the directory of
/// the process in proc(5).
inline double processors_of_cgroup(const std::string& self) {
    double least = std::numeric_limits<double>::infinity();
    visit_cgroups(self, "cpu", [&](const std::string& group, std::string_view controller) {
        if (controller.empty()) {
            const std::string text = text_of(group + "/cpu.max");
            const auto space = std::min(text.find(' '), text.size());
            const auto period = std::string_view(text).substr(space);
            least =
                std::min(least, processors_of_quota(text, period.substr(period.empty() ? 0 : 1)));
        } else {
            least = std::min(least, processors_of_quota(text_of(group + "/cpu.cfs_quota_us"),
                                                        text_of(group + "/cpu.cfs_period_us")));
        }
    });
    return least;
}

/// Those of the process's affinity, or fewer where its control groups have a quota, rounded up: 1
/// or more. A container with a quota sees all processors of its machine.
inline std::size_t usable_processors(const std::string& self = "/proc/self") {
    const std::size_t most = processors_of_affinity();
    const double quota = std::ceil(processors_of_cgroup(self));
    if (quota >= static_cast<double>(most)) return most;
    return std::max<std::size_t>(1, static_cast<std::size_t>(quota));
}

}  // namespace restful_functions::detail
