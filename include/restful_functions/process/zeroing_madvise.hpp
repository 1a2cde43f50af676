/// zeroing_madvise: a madvise(2) and a mremap(2) that keep their promises in frozen memory, where
/// the kernel's would bring back what was frozen, and show what lies behind it in its file.
#pragma once

#include <restful_functions/process/memory_map.hpp>

#include <dlfcn.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdarg>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

namespace restful_functions::process {

/// The memory that was frozen last as each process of a call inherits it: readable, and never
/// written.
struct frozen_view {
    mapped_file file{};
    const std::byte* begin = nullptr;  ///< of the file; nullptr: it is not mapped
    std::size_t size = 0;
};

namespace detail {

/// Of this process and those that it forks: the program's frozen memory.
inline frozen_view program_view;

/// Of this process and those that it forks: what it has frozen itself, to be rewound.
inline mapped_file process_file;

/// A file of frozen memory ends so far behind what it holds, in a hole, that no mapping which grows
/// gets beyond its end. realloc(3) grows large blocks by mremap(2).
inline constexpr std::uint64_t room_to_grow = std::uint64_t{1} << 48U;

/// The size of a file of frozen memory that holds so much. nullopt: RLIMIT_FSIZE (ulimit -f) is too
/// low, and ftruncate(2) would send SIGXFSZ.
[[nodiscard]] inline std::optional<off_t> frozen_file_size(std::size_t held) noexcept {
    const std::uint64_t size = held + room_to_grow;
    rlimit largest{};
    ::getrlimit(RLIMIT_FSIZE, &largest);
    if (largest.rlim_cur < size) return std::nullopt;
    return static_cast<off_t>(size);
}

/// Has what lies in frozen memory of a range read as zeros: as anonymous memory, but in a process
/// that is rewound, which would lose its place by that where the memory can be written. false:
/// the mappings cannot be listed.
[[nodiscard]] inline bool clear_frozen(std::uintptr_t begin, std::uintptr_t end) noexcept {
    const bool keeps_mappings = process_file.inode != 0;
    std::array<char, 4096> buffer;
    return visit_lines("/proc/self/maps", buffer, [&](std::string_view line) {
        mapping known{};
        if (!parse_mapping(line, known) || known.shared || known.is_anonymous() ||
            (!known.frozen && known.file != process_file)) {
            return true;
        }
        const std::uintptr_t from = std::max(begin, known.begin);
        const std::uintptr_t to = std::min(end, known.end);
        if (from >= to) return true;
        void* const memory = reinterpret_cast<void*>(from);
        if (known.writable && keeps_mappings) {
            std::memset(memory, 0, to - from);
            return true;
        }
        const int protection = (known.readable ? PROT_READ : 0) | (known.writable ? PROT_WRITE : 0);
        return ::mmap(memory, to - from, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
                      0) != MAP_FAILED;
    });
}

[[nodiscard]] inline bool has_frozen_memory() noexcept {
    return program_view.file.inode != 0 || process_file.inode != 0;
}

}  // namespace detail

}  // namespace restful_functions::process

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define RESTFUL_FUNCTIONS_SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(memory_sanitizer)
#define RESTFUL_FUNCTIONS_SANITIZED
#endif
#endif

// A program's own definition goes before the C library's, for its shared libraries as well: an
// allocator that gives memory back with MADV_DONTNEED may count on zeros, as jemalloc does. The C
// library's malloc does not, and has a madvise of its own. Sanitizers define it themselves.
#ifndef RESTFUL_FUNCTIONS_SANITIZED
// NOLINTNEXTLINE(misc-definitions-in-headers): it is weak
extern "C" [[gnu::weak, gnu::visibility("default"), gnu::used]] int madvise(void* memory,
                                                                            std::size_t size,
                                                                            int advice) noexcept {
    namespace detail = restful_functions::process::detail;
    const auto result = static_cast<int>(::syscall(SYS_madvise, memory, size, advice));
    if (result == 0 && advice == MADV_DONTNEED && detail::has_frozen_memory()) {
        const int before = errno;
        const auto begin = reinterpret_cast<std::uintptr_t>(memory);
        // An allocator that is told of an error takes the pages for used ones.
        if (!detail::clear_frozen(begin, begin + size)) return errno = ENOMEM, -1;
        errno = before;
    }
    return result;
}

// NOLINTNEXTLINE(misc-definitions-in-headers,cert-dcl50-cpp): as it is declared, and weak
extern "C" [[gnu::weak, gnu::visibility("default"), gnu::used]] void* mremap(
    void* memory, std::size_t old_size, std::size_t new_size, int flags, ...) noexcept {
    namespace detail = restful_functions::process::detail;
    std::va_list rest;
    va_start(rest, flags);
    void* const wanted = (flags & MREMAP_FIXED) != 0 ? va_arg(rest, void*) : nullptr;
    va_end(rest);
    const long moved = ::syscall(SYS_mremap, memory, old_size, new_size, flags, wanted);
    if (moved != -1 && new_size > old_size && detail::has_frozen_memory()) {
        const int before = errno;
        const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
        const auto begin = static_cast<std::uintptr_t>(moved);
        (void)detail::clear_frozen(begin + (old_size + page - 1) / page * page, begin + new_size);
        errno = before;
    }
    return reinterpret_cast<void*>(moved);
}
#endif

namespace restful_functions::process::detail {

/// An allocator counts on zeros, and calls another madvise than the one above.
inline bool expects_zeros_in_vain() noexcept {
    const bool expects = ::dlsym(RTLD_DEFAULT, "mallctl") != nullptr ||
                         ::dlsym(RTLD_DEFAULT, "mi_malloc") != nullptr;
    return expects && ::dlsym(RTLD_DEFAULT, "madvise") != reinterpret_cast<void*>(&::madvise);
}

/// The program has a sanitizer's allocator, which counts on zeros as well, and is not meant to be
/// fast.
inline bool is_sanitized() noexcept {
    return ::dlsym(RTLD_DEFAULT, "__sanitizer_get_ownership") != nullptr;
}

}  // namespace restful_functions::process::detail
