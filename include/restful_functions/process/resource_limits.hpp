/// resource_limits: puts a function's limits on the task process that is about to run it.
#pragma once

#include <restful_functions/process/limits.hpp>

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <optional>

namespace restful_functions::process {

namespace detail {

/// No process may raise its limit above the hard one, and ours may be above what we have.
inline void set_limit(__rlimit_resource_t resource, std::uint64_t soft, std::uint64_t hard) {
    rlimit now{};
    ::getrlimit(resource, &now);
    const rlim_t most = std::min<rlim_t>(hard, now.rlim_max);
    const rlimit wanted{std::min<rlim_t>(soft, most), most};
    ::setrlimit(resource, &wanted);
}

inline void set_limit(__rlimit_resource_t resource, std::uint64_t value) {
    set_limit(resource, value, value);
}

/// Bytes of private writable memory that the process has now (proc(5), statm). 0 if unknown.
inline std::uint64_t data_bytes() noexcept {
    char text[128] = {};
    const int file = ::open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    const ssize_t size = ::read(file, text, sizeof text - 1);
    ::close(file);
    const char* field = text;
    for (int spaces = 0; size > 0 && spaces < 5; ++spaces) {
        field = std::strchr(field, ' ');
        if (field == nullptr) return 0;
        ++field;
    }
    return std::strtoull(field, nullptr, 10) * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace detail

/// When the kernel stops a call for its processor time, which it counts in whole seconds: SIGXCPU
/// comes at `soft`, and SIGKILL at `hard` for those who ignore it.
struct cpu_seconds {
    std::uint64_t soft;
    std::uint64_t hard;

    explicit cpu_seconds(std::chrono::milliseconds limit)
        : soft(static_cast<std::uint64_t>(
              std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::seconds>(limit).count()))),
          hard(soft + 1) {}
};

/// The program's own memory is not the function's: the memory limit counts what comes on top of it.
/// It is RLIMIT_DATA and not RLIMIT_AS, which would count what is only reserved, as for each
/// thread's heap, against the function (getrlimit(2)).
inline void apply(const limits& wanted) {
    if (wanted.memory) {
        const std::uint64_t own = detail::data_bytes();
        const bool countable = own != 0 && wanted.memory->value <= RLIM_INFINITY - own;
        if (countable) detail::set_limit(RLIMIT_DATA, own + wanted.memory->value);
    }
    if (wanted.cpu) {
        const cpu_seconds time(*wanted.cpu);
        detail::set_limit(RLIMIT_CPU, time.soft, time.hard);
    }
    if (wanted.processes) detail::set_limit(RLIMIT_NPROC, *wanted.processes);
    if (wanted.open_files) detail::set_limit(RLIMIT_NOFILE, *wanted.open_files);
    if (wanted.file_size) detail::set_limit(RLIMIT_FSIZE, wanted.file_size->value);
    if (wanted.stack) detail::set_limit(RLIMIT_STACK, wanted.stack->value);
}

}  // namespace restful_functions::process
