/// page_scan: the states of this process's pages, as the ioctl PAGEMAP_SCAN lists them since
/// Linux 6.7 (Documentation/admin-guide/mm/pagemap.rst).
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
    static constexpr std::uint64_t marked = 1 << 0;     ///< PAGE_IS_WPALLOWED
    static constexpr std::uint64_t of_file = 1 << 2;    ///< PAGE_IS_FILE
    static constexpr std::uint64_t present = 1 << 3;    ///< PAGE_IS_PRESENT
    static constexpr std::uint64_t swapped = 1 << 4;    ///< PAGE_IS_SWAPPED
    static constexpr std::uint64_t zero_page = 1 << 5;  ///< PAGE_IS_PFNZERO: read, never written

    std::uint64_t begin;
    std::uint64_t end;
    std::uint64_t traits;

    /// The process has memory of its own there: in a private mapping of a file, the copy of a page
    /// that was written.
    [[nodiscard]] bool is_anonymous() const noexcept {
        return (traits & (present | swapped)) != 0 && (traits & (of_file | zero_page)) == 0;
    }
};

namespace detail {

/// struct pm_scan_arg of <linux/fs.h>, which is younger than many a system's headers.
struct page_scan_request {
    std::uint64_t size = sizeof(page_scan_request);
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
        page_run::of_file | page_run::present | page_run::swapped | page_run::zero_page;
};

inline const unsigned long pagemap_scan = _IOWR('f', 16, page_scan_request);

/// struct procmap_query of <linux/fs.h>, since Linux 6.11.
struct mapping_request {
    std::uint64_t size = sizeof(mapping_request);
    std::uint64_t flags = 0;
    std::uint64_t address = 0;
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    std::uint64_t permissions = 0;
    std::uint64_t page_size = 0;
    std::uint64_t offset = 0;
    std::uint64_t inode = 0;
    std::uint32_t device_major = 0;
    std::uint32_t device_minor = 0;
    std::uint32_t name_size = 0;
    std::uint32_t build_id_size = 0;
    std::uint64_t name = 0;
    std::uint64_t build_id = 0;
};

inline const unsigned long procmap_query = _IOWR('f', 17, mapping_request);

/// Has the number for as long as the process lives. false: there was nothing to open.
inline bool keep_as(int number, const restful_functions::detail::unique_fd& opened) noexcept {
    return opened && ::dup3(opened.get(), number, O_CLOEXEC) == number;
}

inline restful_functions::detail::unique_fd open_pagemap() noexcept {
    restful_functions::detail::unique_fd pages(::open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC));
    page_scan_request nothing;
    if (pages && ::ioctl(pages.get(), pagemap_scan, &nothing) != 0) pages.reset();
    return pages;
}

/// A userfaultfd(2) that no process reads from. Empty: the kernel has none, or not for this
/// process.
inline restful_functions::detail::unique_fd open_userfaultfd() noexcept {
    // UFFD_FEATURE_WP_UNPOPULATED and UFFD_FEATURE_WP_ASYNC: no access ever waits for an answer, so
    // that no privilege is needed.
    constexpr std::uint64_t asynchronous = UFFD_FEATURE_PAGEFAULT_FLAG_WP | 1U << 13 | 1U << 15;
    restful_functions::detail::unique_fd faults(
        static_cast<int>(::syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | UFFD_USER_MODE_ONLY)));
    uffdio_api api{UFFD_API, asynchronous, 0};
    if (faults && ::ioctl(faults.get(), UFFDIO_API, &api) != 0) faults.reset();
    return faults;
}

}  // namespace detail

/// One descriptor, which lives as long as the process.
class page_scanner {
 public:
    static constexpr int descriptors = 1;

    [[nodiscard]] static bool available() noexcept { return bool(detail::open_pagemap()); }

    /// Takes the number. nullopt: the system refuses.
    [[nodiscard]] static std::optional<page_scanner> open(int number) noexcept {
        if (!detail::keep_as(number, detail::open_pagemap())) return std::nullopt;
        return page_scanner(number);
    }

    /// Lists all pages of the marked mappings of a range, in order, and returns the number of runs.
    /// nullopt: it failed, or the runs are more than `list` has room for.
    [[nodiscard]] std::optional<std::size_t> scan_marked(address_range range,
                                                         std::span<page_run> list) const noexcept {
        detail::page_scan_request wanted;
        wanted.all_of = page_run::marked;
        return scan(range, list, wanted);
    }

    /// As scan_marked(), of the pages that is_anonymous() holds for, in any mapping.
    [[nodiscard]] std::optional<std::size_t> scan_anonymous(
        address_range range, std::span<page_run> list) const noexcept {
        detail::page_scan_request wanted;
        wanted.inverted = wanted.all_of = page_run::of_file | page_run::zero_page;
        wanted.any_of = page_run::present | page_run::swapped;
        wanted.reported = 0;  // or else a page that is swapped out would end a run
        return scan(range, list, wanted);
    }

 private:
    explicit page_scanner(int pages) noexcept : pages_(pages) {}

    [[nodiscard]] std::optional<std::size_t> scan(address_range range, std::span<page_run> list,
                                                  detail::page_scan_request wanted) const noexcept {
        wanted.begin = range.begin;
        wanted.end = range.end;
        wanted.runs = reinterpret_cast<std::uintptr_t>(list.data());
        wanted.run_count = list.size();
        const int count = ::ioctl(pages_, detail::pagemap_scan, &wanted);
        if (count < 0 || wanted.stopped_at != range.end) return std::nullopt;
        return static_cast<std::size_t>(count);
    }

    int pages_;
};

}  // namespace restful_functions::process
