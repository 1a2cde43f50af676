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

/// Soft and hard alike, so that the function cannot lift it again; never above what the process is
/// allowed already.
inline void set_limit(__rlimit_resource_t resource, std::uint64_t value, std::uint64_t slack = 0) {
    rlimit now{};
    ::getrlimit(resource, &now);
    const rlim_t hard = std::min<rlim_t>(value + slack, now.rlim_max);
    const rlimit wanted{std::min<rlim_t>(value, hard), hard};
    ::setrlimit(resource, &wanted);
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

/// The program's own memory is not the function's: the memory limit counts what comes on top of it.
/// It is RLIMIT_DATA and not RLIMIT_AS, which would count what is only reserved, as for each
/// thread's heap, against the function (getrlimit(2)).
inline void apply(const limits& wanted) {
    if (wanted.memory) detail::set_limit(RLIMIT_DATA, detail::data_bytes() + wanted.memory->value);
    if (wanted.cpu) {
        // The kernel counts whole seconds. SIGXCPU comes at the soft limit; one second later
        // SIGKILL, for those who ignore it.
        const auto seconds = std::chrono::ceil<std::chrono::seconds>(*wanted.cpu).count();
        detail::set_limit(RLIMIT_CPU, static_cast<std::uint64_t>(std::max<long>(1, seconds)), 1);
    }
    if (wanted.processes) detail::set_limit(RLIMIT_NPROC, *wanted.processes);
    if (wanted.open_files) detail::set_limit(RLIMIT_NOFILE, *wanted.open_files);
    if (wanted.file_size) detail::set_limit(RLIMIT_FSIZE, wanted.file_size->value);
    if (wanted.stack) detail::set_limit(RLIMIT_STACK, wanted.stack->value);
}

}  // namespace restful_functions::process
