/// How many descriptors the process may have open.
#pragma once

#include <dirent.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace restful_functions::transport {

/// Raises the soft limit of open descriptors (RLIMIT_NOFILE), usually 1024, to `wanted`, or to the
/// hard limit when that is lower. Never lowers it.
inline void allow_descriptors(std::size_t wanted) noexcept {
    rlimit allowed{};
    if (::getrlimit(RLIMIT_NOFILE, &allowed) != 0 || allowed.rlim_cur >= wanted) return;
    allowed.rlim_cur = std::min<rlim_t>(wanted, allowed.rlim_max);
    ::setrlimit(RLIMIT_NOFILE, &allowed);
}

/// How many further descriptors the process may open: it has those of /proc/self/fd (proc(5)), and
/// any number where nobody says so.
inline std::size_t free_descriptors() {
    struct closer {
        void operator()(DIR* opened) const noexcept { ::closedir(opened); }
    };
    const std::unique_ptr<DIR, closer> open(::opendir("/proc/self/fd"));
    rlimit allowed{};
    if (!open || ::getrlimit(RLIMIT_NOFILE, &allowed) != 0) return SIZE_MAX;
    std::size_t entries = 0;
    while (::readdir(open.get()) != nullptr) ++entries;
    const std::size_t used = entries - std::min<std::size_t>(entries, 3);  // ".", ".." and this one
    return allowed.rlim_cur - std::min<rlim_t>(allowed.rlim_cur, used);
}

}  // namespace restful_functions::transport
