/// zeroing_madvise: a madvise(2) that keeps its promise in frozen memory, where the kernel's would
/// bring back what was frozen.
#pragma once

#include <restful_functions/process/memory_map.hpp>

#include <dlfcn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace restful_functions::process {

/// The frozen memory as each process of a call inherits it: readable, and never written.
struct frozen_view {
    mapped_file file{};
    const std::byte* begin = nullptr;  ///< of the file; nullptr: nothing is frozen
    std::size_t size = 0;
};

namespace detail {

/// Of this process and those that it forks: the program's frozen memory.
inline frozen_view program_view;

/// Of this process and those that it forks: what it has frozen itself, to be rewound.
inline mapped_file process_file;

/// Writes zeros to what lies in frozen memory of a range that was given back. Memory that cannot be
/// written becomes anonymous, which costs a rewound process its place.
inline void clear_frozen(std::uintptr_t begin, std::uintptr_t end) noexcept {
    std::array<char, 4096> buffer;
    visit_lines("/proc/self/maps", buffer, [&](std::string_view line) {
        mapping known{};
        if (!parse_mapping(line, known) || known.shared || known.is_anonymous() ||
            (known.file != program_view.file && known.file != process_file)) {
            return true;
        }
        const std::uintptr_t from = std::max(begin, known.begin);
        const std::uintptr_t to = std::min(end, known.end);
        if (from >= to) return true;
        void* const memory = reinterpret_cast<void*>(from);
        if (known.writable) {
            std::memset(memory, 0, to - from);
        } else {
            (void)::mmap(memory, to - from, known.readable ? PROT_READ : PROT_NONE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
        }
        return true;
    });
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
    const bool freezes = detail::program_view.file.inode != 0 || detail::process_file.inode != 0;
    if (result == 0 && advice == MADV_DONTNEED && freezes) {
        const int before = errno;
        const auto begin = reinterpret_cast<std::uintptr_t>(memory);
        detail::clear_frozen(begin, begin + size);
        errno = before;
    }
    return result;
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
