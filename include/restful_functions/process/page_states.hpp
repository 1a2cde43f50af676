/// page_states: the states of this process's pages, as /proc/self/pagemap tells them on any kernel
/// (Documentation/admin-guide/mm/pagemap.rst).
#pragma once

#include <restful_functions/detail/unique_fd.hpp>

#include <fcntl.h>
#include <sys/types.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>

namespace restful_functions::process::detail {

/// Reads 8 bytes for each page.
class page_states {
 public:
    page_states() noexcept : file_(::open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC)) {}

    [[nodiscard]] bool available() const noexcept { return bool(file_); }

    /// The states of the pages from `begin` on, as many as `states` holds. false: it failed.
    template <std::size_t Count>
    [[nodiscard]] bool read(std::uintptr_t begin, std::size_t count,
                            std::array<std::uint64_t, Count>& states) const noexcept {
        const std::size_t size = count * sizeof(std::uint64_t);
        const auto at = static_cast<off_t>(begin / page_size() * sizeof(std::uint64_t));
        return ::pread(file_.get(), states.data(), size, at) == static_cast<ssize_t>(size);
    }

    [[nodiscard]] static bool has_memory(std::uint64_t state) noexcept {
        return (state & (present | swapped)) != 0;
    }
    [[nodiscard]] static bool is_anonymous(std::uint64_t state) noexcept {
        return has_memory(state) && (state & of_file) == 0;
    }

    static std::size_t page_size() noexcept {
        static const auto size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
        return size;
    }

 private:
    static constexpr std::uint64_t present = std::uint64_t{1} << 63;
    static constexpr std::uint64_t swapped = std::uint64_t{1} << 62;
    static constexpr std::uint64_t of_file = std::uint64_t{1} << 61;

    restful_functions::detail::unique_fd file_;
};

}  // namespace restful_functions::process::detail
