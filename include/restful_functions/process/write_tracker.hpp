/// write_tracker: which pages of its memory a process has written, as Linux tells it since 6.7:
/// userfaultfd(2) write-protects pages without anybody being told of the faults, and PAGEMAP_SCAN
/// lists those whose protection a write has lifted (Documentation/admin-guide/mm/pagemap.rst).
#pragma once

#include <restful_functions/detail/unique_fd.hpp>

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace restful_functions::process {

struct address_range {
    std::uintptr_t begin;
    std::uintptr_t end;

    [[nodiscard]] std::size_t size() const noexcept { return end - begin; }
};

/// Neighbouring pages of the same traits, laid out as the kernel's struct page_region.
struct page_run {
    static constexpr std::uint64_t tracked = 1 << 0;    ///< PAGE_IS_WPALLOWED
    static constexpr std::uint64_t written = 1 << 1;    ///< PAGE_IS_WRITTEN
    static constexpr std::uint64_t present = 1 << 3;    ///< PAGE_IS_PRESENT
    static constexpr std::uint64_t swapped = 1 << 4;    ///< PAGE_IS_SWAPPED
    static constexpr std::uint64_t zero_page = 1 << 5;  ///< PAGE_IS_PFNZERO: read, never written

    std::uint64_t begin;
    std::uint64_t end;
    std::uint64_t traits;

    [[nodiscard]] bool is_written() const noexcept { return (traits & written) != 0; }

    /// There is memory behind it, be it in use or swapped out.
    [[nodiscard]] bool has_memory() const noexcept {
        return (traits & (present | swapped)) != 0 && (traits & zero_page) == 0;
    }
};

namespace detail {

/// struct pm_scan_arg of <linux/fs.h>, which is younger than many a system's headers.
struct page_scan {
    std::uint64_t size = sizeof(page_scan);
    std::uint64_t flags = 0;
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    std::uint64_t stopped_at = 0;
    std::uint64_t runs = 0;
    std::uint64_t run_count = 0;
    std::uint64_t most_pages = 0;
    std::uint64_t inverted = 0;
    std::uint64_t all_of = 0;
    std::uint64_t any_of = 0;
    std::uint64_t reported =
        page_run::written | page_run::present | page_run::swapped | page_run::zero_page;
};

inline const unsigned long pagemap_scan = _IOWR('f', 16, page_scan);

/// UFFD_FEATURE_WP_UNPOPULATED and UFFD_FEATURE_WP_ASYNC.
inline constexpr std::uint64_t asynchronous_write_protection =
    UFFD_FEATURE_PAGEFAULT_FLAG_WP | 1U << 13 | 1U << 15;

/// A userfaultfd(2) that nobody is told by. Empty: the kernel has none, or not to us.
inline restful_functions::detail::unique_fd open_userfaultfd() noexcept {
    // Writes by the kernel itself are tracked as well, and that needs no privilege, as long as
    // nothing has to wait for us.
    restful_functions::detail::unique_fd faults(
        static_cast<int>(::syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | UFFD_USER_MODE_ONLY)));
    uffdio_api api{UFFD_API, asynchronous_write_protection, 0};
    if (faults && ::ioctl(faults.get(), UFFDIO_API, &api) != 0) faults.reset();
    return faults;
}

inline restful_functions::detail::unique_fd open_pagemap() noexcept {
    restful_functions::detail::unique_fd pages(::open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC));
    page_scan nothing;
    if (pages && ::ioctl(pages.get(), pagemap_scan, &nothing) != 0) pages.reset();
    return pages;
}

/// Has the number for as long as the process lives. false: there was nothing to open.
inline bool keep_as(int number, const restful_functions::detail::unique_fd& opened) noexcept {
    return opened && ::dup3(opened.get(), number, O_CLOEXEC) == number;
}

}  // namespace detail

/// Two descriptors, which live as long as the process.
class write_tracker {
 public:
    static constexpr int descriptors = 2;

    [[nodiscard]] static bool available() noexcept {
        return detail::open_userfaultfd() && detail::open_pagemap();
    }

    /// Takes the numbers `first_descriptor` and the next. nullopt: the system refuses.
    [[nodiscard]] static std::optional<write_tracker> open(int first_descriptor) noexcept {
        const bool opened = detail::keep_as(first_descriptor, detail::open_userfaultfd()) &&
                            detail::keep_as(first_descriptor + 1, detail::open_pagemap());
        return opened ? std::optional(write_tracker(first_descriptor)) : std::nullopt;
    }

    /// Scans see the range's pages from now on. false: the kernel does not track such memory.
    [[nodiscard]] bool track(address_range range) const noexcept {
        uffdio_register wanted{{range.begin, range.size()}, UFFDIO_REGISTER_MODE_WP, 0};
        return ::ioctl(faults_, UFFDIO_REGISTER, &wanted) == 0;
    }

    /// The range's pages count as unwritten until the next write.
    bool protect(address_range range) const noexcept {
        uffdio_writeprotect wanted{{range.begin, range.size()}, UFFDIO_WRITEPROTECT_MODE_WP};
        return ::ioctl(faults_, UFFDIO_WRITEPROTECT, &wanted) == 0;
    }

    /// Lists all tracked pages of a range, in order, and returns the number of runs. nullopt: it
    /// failed, or the runs are more than `list` has room for.
    [[nodiscard]] std::optional<std::size_t> scan(address_range range,
                                                  std::span<page_run> list) const noexcept {
        return scan(range, list, page_run::tracked);
    }

    /// As scan(), of memory that is not tracked yet.
    [[nodiscard]] std::optional<std::size_t> scan_untracked(
        address_range range, std::span<page_run> list) const noexcept {
        return scan(range, list, 0);
    }

 private:
    explicit write_tracker(int first_descriptor) noexcept
        : faults_(first_descriptor), pages_(first_descriptor + 1) {}

    [[nodiscard]] std::optional<std::size_t> scan(address_range range, std::span<page_run> list,
                                                  std::uint64_t only) const noexcept {
        detail::page_scan wanted;
        wanted.all_of = only;
        wanted.begin = range.begin;
        wanted.end = range.end;
        wanted.runs = reinterpret_cast<std::uintptr_t>(list.data());
        wanted.run_count = list.size();
        const int count = ::ioctl(pages_, detail::pagemap_scan, &wanted);
        if (count < 0 || wanted.stopped_at != range.end) return std::nullopt;
        return static_cast<std::size_t>(count);
    }

    int faults_;  ///< userfaultfd(2)
    int pages_;   ///< /proc/self/pagemap
};

}  // namespace restful_functions::process
