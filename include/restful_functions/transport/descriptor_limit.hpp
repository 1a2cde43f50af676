/// How many descriptors the process may have open.
#pragma once

#include <sys/resource.h>

#include <algorithm>
#include <cstddef>

namespace restful_functions::transport {

/// Raises the soft limit of open descriptors (RLIMIT_NOFILE), usually 1024, to `wanted`, or to the
/// hard limit when that is lower. Never lowers it.
inline void allow_descriptors(std::size_t wanted) noexcept {
    rlimit allowed{};
    if (::getrlimit(RLIMIT_NOFILE, &allowed) != 0 || allowed.rlim_cur >= wanted) return;
    allowed.rlim_cur = std::min<rlim_t>(wanted, allowed.rlim_max);
    ::setrlimit(RLIMIT_NOFILE, &allowed);
}

}  // namespace restful_functions::transport
