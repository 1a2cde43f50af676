/// descriptor_table: the descriptors that this process has open, listed and closed without the
/// heap.
#pragma once

#include <restful_functions/detail/unique_fd.hpp>
#include <restful_functions/process/operating_system.hpp>

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <climits>
#include <cstddef>
#include <string_view>
#include <system_error>

namespace restful_functions::process {

/// Calls `visit(number)` for each descriptor from `first` to `last`, in ascending order. It may
/// close that one. Goes by /proc/self/fd, and without proc(5) by RLIMIT_NOFILE.
template <class Visit>
void each_open_descriptor(unsigned first, unsigned last, Visit visit) {
    const restful_functions::detail::unique_fd directory(
        ::open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory) {
        rlimit limit{};
        ::getrlimit(RLIMIT_NOFILE, &limit);
        const rlim_t end = std::min<rlim_t>({limit.rlim_cur, rlim_t{last} + 1, INT_MAX});
        for (rlim_t number = first; number < end; ++number) {
            const int each = static_cast<int>(number);
            if (::fcntl(each, F_GETFD) >= 0) visit(each);
        }
        return;
    }
    alignas(dirent64) char entries[4096];
    for (long size = 0;
         (size = ::syscall(SYS_getdents64, directory.get(), entries, sizeof entries)) > 0;) {
        for (long at = 0; at < size;) {
            const auto* entry = reinterpret_cast<const dirent64*>(entries + at);
            at += entry->d_reclen;
            const std::string_view name(entry->d_name);
            unsigned number = 0;
            const auto parsed = std::from_chars(name.data(), name.data() + name.size(), number);
            if (parsed.ec != std::errc() || number < first || number > last) continue;
            if (static_cast<int>(number) != directory.get()) visit(static_cast<int>(number));
        }
    }
}

/// Closes the descriptors from `first` to `last`. Container runtimes that do not know
/// close_range(2) refuse it with EPERM, and kernels without it with ENOSYS: then one by one.
inline void close_descriptors(unsigned first, unsigned last, operating_system& system) {
    if (first > last || system.close_range(first, last, 0) == 0) return;
    each_open_descriptor(first, last, [](int number) { ::close(number); });
}

}  // namespace restful_functions::process
