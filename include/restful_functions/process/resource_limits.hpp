/// resource_limits: puts a function's limits on the task process that is about to run it.
#pragma once

#include <restful_functions/process/limits.hpp>
#include <restful_functions/process/thread_stacks.hpp>

#include <fcntl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <utility>

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

/// One byte holds no dump, and is how the kernel knows not to start a program for one either, for
/// which no other limit counts (core(5)).
inline void forgo_core_dumps() { set_limit(RLIMIT_CORE, 1); }

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

namespace detail {

/// Of this process, with all its threads.
inline std::chrono::milliseconds used_processor_time() noexcept {
    timespec used{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return std::chrono::seconds(used.tv_sec) + std::chrono::milliseconds(used.tv_nsec / 1'000'000);
}

/// What a process may have used in all once a call has used up its own.
inline cpu_seconds cpu_seconds_after(std::chrono::milliseconds before,
                                     std::chrono::milliseconds limit) noexcept {
    return cpu_seconds(before + std::min(limit, std::chrono::milliseconds::max() - before));
}

}  // namespace detail

/// The program's own memory is not the function's: the memory limit counts what comes on top of it.
/// It is RLIMIT_DATA and not RLIMIT_AS, which would count what is only reserved, as for each
/// thread's heap, against the function (getrlimit(2)); for their stacks see thread_stacks.
inline void apply(const limits& wanted) {
    if (wanted.memory) {
        const std::uint64_t own = detail::data_bytes();
        const bool countable = own != 0 && wanted.memory->value <= RLIM_INFINITY - own;
        if (countable) detail::thread_stacks::limit_memory(own + wanted.memory->value);
    }
    if (wanted.cpu) {
        // on_process_start may have taken long. To be forked takes less, and is not worth a second.
        constexpr std::chrono::milliseconds noticeable{100};
        const auto used = detail::used_processor_time();
        const cpu_seconds time =
            detail::cpu_seconds_after(used < noticeable ? used.zero() : used, *wanted.cpu);
        detail::set_limit(RLIMIT_CPU, time.soft, time.hard);
    }
    if (wanted.processes) detail::set_limit(RLIMIT_NPROC, *wanted.processes);
    if (wanted.open_files) detail::set_limit(RLIMIT_NOFILE, *wanted.open_files);
    if (wanted.file_size) detail::set_limit(RLIMIT_FSIZE, wanted.file_size->value);
    if (wanted.stack) detail::set_limit(RLIMIT_STACK, wanted.stack->value);
}

/// What a call and its children may use together, where the kernel counts all that they touch: the
/// copies that they make of the program's own memory and the slot of their result come on top.
inline bytes memory_of_all(bytes limit, std::uint64_t slot_size) {
    const std::uint64_t beside = detail::data_bytes() + slot_size;
    return {limit.value <= UINT64_MAX - beside ? limit.value + beside : UINT64_MAX};
}

/// The limits that a process which serves several calls has for each of them and not in between:
/// the processor time counts from what was used before, and what the process itself needs takes
/// high descriptors, and a large file of holes. A hard limit could not be raised again
/// (setrlimit(2)), so these are soft, and a timer ends a call that ignores the end of its processor
/// time.
class limits_of_each_call {
 public:
    /// Takes what it sees to out of `its`.
    explicit limits_of_each_call(limits& its)
        : cpu_(std::exchange(its.cpu, std::nullopt)),
          open_files_(std::exchange(its.open_files, std::nullopt)),
          file_size_(std::exchange(its.file_size, std::nullopt)) {
        ::getrlimit(RLIMIT_NOFILE, &open_files_between_);
        ::getrlimit(RLIMIT_FSIZE, &file_size_between_);
        if (!cpu_) return;
        sigevent kills{};
        kills.sigev_notify = SIGEV_SIGNAL;
        kills.sigev_signo = SIGKILL;
        has_timer_ = ::timer_create(CLOCK_PROCESS_CPUTIME_ID, &kills, &timer_) == 0;
    }

    /// A call begins.
    void begin() const {
        detail::thread_stacks::raise();
        if (open_files_) {
            detail::set_limit(RLIMIT_NOFILE, *open_files_, open_files_between_.rlim_max);
        }
        if (file_size_) {
            detail::set_limit(RLIMIT_FSIZE, file_size_->value, file_size_between_.rlim_max);
        }
        if (!cpu_) return;
        const cpu_seconds time = detail::cpu_seconds_after(detail::used_processor_time(), *cpu_);
        detail::set_limit(RLIMIT_CPU, time.soft, RLIM_INFINITY);
        const itimerspec at{{}, {static_cast<time_t>(time.hard), 0}};
        if (has_timer_) ::timer_settime(timer_, TIMER_ABSTIME, &at, nullptr);
    }

    /// A call has ended.
    void end() const {
        detail::thread_stacks::lower();
        if (open_files_) ::setrlimit(RLIMIT_NOFILE, &open_files_between_);
        if (file_size_) ::setrlimit(RLIMIT_FSIZE, &file_size_between_);
        if (cpu_) detail::set_limit(RLIMIT_CPU, RLIM_INFINITY, RLIM_INFINITY);
    }

 private:
    std::optional<std::chrono::milliseconds> cpu_;
    std::optional<std::size_t> open_files_;
    rlimit open_files_between_{};
    std::optional<bytes> file_size_;
    rlimit file_size_between_{};
    timer_t timer_{};
    bool has_timer_ = false;
};

}  // namespace restful_functions::process
