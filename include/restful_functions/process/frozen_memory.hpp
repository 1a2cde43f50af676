/// frozen_memory: the memory that the program has before its first call, as one file that its
/// processes map privately, so that a fork copies no page tables of it.
#pragma once

#include <restful_functions/detail/unique_fd.hpp>
#include <restful_functions/process/memory_map.hpp>
#include <restful_functions/process/operating_system.hpp>
#include <restful_functions/process/page_scan.hpp>
#include <restful_functions/process/page_states.hpp>
#include <restful_functions/process/zeroing_madvise.hpp>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>

namespace restful_functions::process {

namespace detail {

/// Memory of the process that is part of neither its heap nor the memory that is frozen.
template <class Object>
class outside_memory {
 public:
    outside_memory() noexcept {
        void* memory = ::mmap(nullptr, size(), PROT_READ | PROT_WRITE,
                              MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (memory == MAP_FAILED) return;
        ::madvise(memory, size(), MADV_DONTFORK);
        object_ = new (memory) Object;
    }
    outside_memory(const outside_memory&) = delete;
    outside_memory& operator=(const outside_memory&) = delete;
    ~outside_memory() {
        if (object_ == nullptr) return;
        object_->~Object();
        ::munmap(object_, size());
    }

    explicit operator bool() const noexcept { return object_ != nullptr; }
    [[nodiscard]] Object& operator*() const noexcept { return *object_; }
    [[nodiscard]] Object* operator->() const noexcept { return object_; }

 private:
    static std::size_t size() noexcept {
        const std::size_t page = page_states::page_size();
        return (sizeof(Object) + page - 1) / page * page;
    }

    Object* object_ = nullptr;
};

/// Replaces the view of an earlier file, which would keep that file's memory. Without a view,
/// processes drop what they have written instead of copying it back.
inline void map_view(int file, std::size_t size) noexcept {
    struct stat about {};
    ::fstat(file, &about);
    if (program_view.begin != nullptr) {
        ::munmap(const_cast<std::byte*>(program_view.begin), program_view.size);
    }
    program_view = {.file = {major(about.st_dev), minor(about.st_dev), about.st_ino}};
    void* const view = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, file, 0);
    if (view == MAP_FAILED) return;
    program_view.begin = static_cast<const std::byte*>(view);
    program_view.size = size;
}

}  // namespace detail

/// A file in memory (memfd_create(2)) that holds what the program had, and takes its place: each
/// range of private memory was copied to it and is mapped from it, privately. A page that a process
/// writes becomes its own, as before. fork(2) copies the page tables of such a mapping only where
/// the forking process has written to it.
class frozen_memory {
 public:
    /// Below this, a fork that copies page tables costs as little as one that does not.
    static constexpr std::size_t least_bytes = std::size_t{8} << 20;

    /// Freezes the memory of this process, in which no other thread may run. nullopt: it has too
    /// little, or the system refuses, and then a line on the standard error says why. What cannot
    /// be frozen, and what the system has no memory for, stays as it is.
    [[nodiscard]] static std::optional<frozen_memory> freeze(operating_system& system) noexcept;

    /// The file.
    [[nodiscard]] int descriptor() const noexcept { return file_.get(); }

    /// For the fork server: gives the pages that it writes to mappings of their own, so that the
    /// others are mappings that it has not written to.
    static void separate_written_pages(int file) noexcept;

 private:
    explicit frozen_memory(restful_functions::detail::unique_fd file) noexcept
        : file_(std::move(file)) {}

    restful_functions::detail::unique_fd file_;
};

namespace detail {

/// A part of a mapping that is worth freezing, and where it goes.
struct frozen_range : address_range {
    int protection;
    bool undumped;
    bool refrozen;  ///< was frozen before, and written since
    std::size_t offset;
};

/// Copies this process's memory to a file and maps the file in its place, piece by piece, so that
/// no more than a piece is there twice. Lies in memory that is not frozen, and uses no other.
class freezing {
 public:
    /// Finds out what is to be frozen. false: nothing can be, and `why` says why if it is not that
    /// the program has little memory.
    bool choose(const char*& why) noexcept {
        if (!read_detailed_memory_map(mappings_) || !pages_.available()) {
            why = "/proc cannot be read, or the program has thousands of mappings";
            return false;
        }
        std::size_t bytes = 0;
        std::size_t left_as_it_is = 0;
        for (const mapping& known : mappings_) {
            if (is_candidate(known))
                bytes += choose_in(known);
            else if (known.is_anonymous() && known.readable && !known.shared)
                left_as_it_is += known.used;
        }
        if (bytes >= frozen_memory::least_bytes) return true;
        if (has_unreadable_pages_)
            why = "/proc/self/pagemap cannot be read";
        else if (left_as_it_is >= frozen_memory::least_bytes)
            why = "it is locked, executable, of huge pages, or a part of a large reservation";
        return false;
    }

    /// Bytes of the file.
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    /// false: the system has refused, and what is left stays as it is.
    bool move_to(int file) noexcept {
        const std::size_t reserved = piece_bytes + huge_page;
        void* memory = ::mmap(nullptr, reserved, PROT_NONE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (memory == MAP_FAILED) return false;
        bool complete = true;
        for (const frozen_range& range : ranges_) {
            frozen_range piece = range;
            for (piece.end = range.begin; complete && piece.end < range.end;) {
                piece.begin = piece.end;
                piece.end =
                    std::min((piece.begin + piece_bytes) / huge_page * huge_page, range.end);
                piece.offset = range.offset + (piece.begin - range.begin);
                complete = move(piece, range.size() >= least_huge, memory, file);
            }
        }
        ::munmap(memory, reserved);
        return complete;
    }

 private:
    static constexpr std::size_t huge_page = std::size_t{2} << 20;
    static constexpr std::size_t piece_bytes = std::size_t{64} << 20;
    static constexpr std::size_t least_mapping = std::size_t{1} << 20;
    /// Huge pages are allocated whole: a range has to be some of them for that to pay.
    static constexpr std::size_t least_huge = 4 * huge_page;
    /// A mapping of more times what is in use of it is a reservation, of terabytes maybe, and takes
    /// long to look through.
    static constexpr std::size_t sparse = 256;

    /// Memory is looked at in blocks of this many pages. One with fewer pages in use than
    /// `least_used` stays as it is: a page that nobody has used yet costs memory once it is frozen.
    static constexpr std::size_t block_pages = 512;
    static constexpr std::size_t least_used = 16;

    [[nodiscard]] static bool is_candidate(const mapping& known) noexcept {
        return (known.is_anonymous() || known.frozen) && known.readable && !known.executable &&
               !known.shared && !known.stack && !known.special && known.size() >= least_mapping &&
               known.size() / sparse <= known.used;
    }

    /// Returns the bytes in use of what it has chosen.
    std::size_t choose_in(const mapping& known) noexcept {
        const std::size_t page = page_states::page_size();
        std::size_t bytes = 0;
        std::uintptr_t chosen_from = 0;
        for (std::uintptr_t at = known.begin; at < known.end;) {
            const std::uintptr_t end = std::min(known.end, at + block_pages * page);
            const std::size_t used = count_used({at, end}, known.frozen);
            if (used >= least_used) {
                bytes += used * page;
                if (chosen_from == 0) chosen_from = at;
            } else if (chosen_from != 0) {
                add({std::exchange(chosen_from, 0), at}, known);
            }
            at = end;
        }
        if (chosen_from != 0) add({chosen_from, known.end}, known);
        return bytes;
    }

    /// Of what was frozen before, only pages that were written since count.
    [[nodiscard]] std::size_t count_used(address_range block, bool was_frozen) noexcept {
        const std::size_t count = block.size() / page_states::page_size();
        if (!pages_.read(block.begin, count, states_)) {
            has_unreadable_pages_ = true;
            return 0;
        }
        const auto is_used = was_frozen ? page_states::is_anonymous : page_states::has_memory;
        return static_cast<std::size_t>(
            std::count_if(states_.data(), states_.data() + count, is_used));
    }

    /// Leaves out what the kernel writes to at any time, and the stack that this runs on.
    void add(address_range chosen, const mapping& known) noexcept {
        const auto stack = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
        if (stack >= known.begin && stack < known.end) return;
        const address_range left_out = pages_of_the_thread();
        if (left_out.begin < chosen.end && chosen.begin < left_out.end) {
            if (chosen.begin < left_out.begin) push({chosen.begin, left_out.begin}, known);
            if (left_out.end < chosen.end) push({left_out.end, chosen.end}, known);
        } else {
            push(chosen, known);
        }
    }

    /// The same remainder of offset and address lets the kernel map huge pages. A gap behind each
    /// range keeps its mapping apart from the next one's.
    void push(address_range chosen, const mapping& known) noexcept {
        const std::size_t offset = size_ + (chosen.begin - size_) % huge_page;
        const int protection = PROT_READ | (known.writable ? PROT_WRITE : 0);
        const frozen_range added{chosen, protection, known.undumped, known.frozen, offset};
        if (ranges_.push_back(added)) size_ = offset + chosen.size() + page_states::page_size();
    }

    bool move(const frozen_range& piece, bool huge, void* reserved, int file) noexcept {
        const auto base = reinterpret_cast<std::uintptr_t>(reserved);
        const std::uintptr_t to = base + (piece.begin - base) % huge_page;
        void* const window = reinterpret_cast<void*>(to);
        const auto offset = static_cast<off_t>(piece.offset);
        if (::mmap(window, piece.size(), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file,
                   offset) == MAP_FAILED) {
            return false;
        }
        const address_range in_huge_pages =
            huge ? allocate_huge_pages(piece, to, file) : address_range{};
        const bool copied = copy(piece, file, in_huge_pages, to);
        (void)::mmap(window, piece.size(), PROT_NONE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
        void* const memory = reinterpret_cast<void*>(piece.begin);
        if (!copied || ::mmap(memory, piece.size(), piece.protection, MAP_PRIVATE | MAP_FIXED, file,
                              offset) == MAP_FAILED) {
            return false;
        }
        if (piece.undumped) ::madvise(memory, piece.size(), MADV_DONTDUMP);
        return true;
    }

    /// Allocates huge pages for the piece in the file, before anything is copied: copying to them
    /// causes no faults. `window` is where the piece is mapped from the file. Returns the part of
    /// the piece that they hold, which may be empty.
    static address_range allocate_huge_pages(const frozen_range& piece, std::uintptr_t window,
                                             int file) noexcept {
        const address_range whole{(piece.begin + huge_page - 1) / huge_page * huge_page,
                                  piece.end / huge_page * huge_page};
        if (whole.begin >= whole.end) return {};
        // The kernel collapses only ranges in which a page is allocated.
        for (std::uintptr_t at = whole.begin; at < whole.end; at += huge_page) {
            const auto offset = static_cast<off_t>(piece.offset + (at - piece.begin));
            if (::pwrite(file, "", 1, offset) != 1) return {};
        }
        void* const memory = reinterpret_cast<void*>(window + (whole.begin - piece.begin));
        ::madvise(memory, whole.size(), MADV_HUGEPAGE);
        return ::madvise(memory, whole.size(), collapse) == 0 ? whole : address_range{};
    }

    /// Pages that nobody has used are left out: a file in memory has zeros where nothing was
    /// written. What this process has not used yet of an earlier file is not zeros.
    bool copy(const frozen_range& piece, int file, address_range in_huge_pages,
              std::uintptr_t window) noexcept {
        const auto copy_run = [&](address_range run) {
            const auto from = std::clamp(in_huge_pages.begin, run.begin, run.end);
            const auto to = std::clamp(in_huge_pages.end, from, run.end);
            std::memcpy(reinterpret_cast<void*>(window + (from - piece.begin)),
                        reinterpret_cast<const void*>(from), to - from);
            return write({run.begin, from}, file, piece.offset + (run.begin - piece.begin)) &&
                   write({to, run.end}, file, piece.offset + (to - piece.begin));
        };
        if (piece.refrozen) return copy_run(piece);
        const std::size_t page = page_states::page_size();
        for (std::uintptr_t at = piece.begin; at < piece.end;) {
            const std::size_t count = std::min<std::size_t>(block_pages, (piece.end - at) / page);
            if (!pages_.read(at, count, states_)) return false;
            const auto* const end = states_.data() + count;
            for (const auto* from = states_.data(); from != end;) {
                from = std::find_if(from, end, page_states::has_memory);
                const auto* const to = std::find_if_not(from, end, page_states::has_memory);
                const auto first = static_cast<std::size_t>(from - states_.data());
                const auto behind = static_cast<std::size_t>(to - states_.data());
                if (!copy_run({at + first * page, at + behind * page})) return false;
                from = to;
            }
            at += count * page;
        }
        return true;
    }

    /// Where each page of a copy to a mapping would be a fault, this takes a fraction of its time.
    static bool write(address_range run, int file, std::size_t offset) noexcept {
        while (run.size() != 0) {
            const ssize_t written = ::pwrite(file, reinterpret_cast<const void*>(run.begin),
                                             run.size(), static_cast<off_t>(offset));
            if (written <= 0) return false;
            run.begin += static_cast<std::size_t>(written);
            offset += static_cast<std::size_t>(written);
        }
        return true;
    }

    static constexpr int collapse = 25;  ///< MADV_COLLAPSE, since Linux 6.1

    page_states pages_;
    mapping_list mappings_;
    bounded_list<frozen_range, 4096> ranges_;
    std::array<std::uint64_t, block_pages> states_;
    std::size_t size_ = 0;
    bool has_unreadable_pages_ = false;
};

/// Looks for pages of the frozen memory that this process has written, and moves them to anonymous
/// mappings. What lies between is mapped anew, and so is memory that it has not written to.
class separating {
 public:
    void run(int file) noexcept {
        struct stat image {};
        if (::fstat(file, &image) != 0 || !read_memory_map(mappings_)) return;
        for (const mapping& known : mappings_) {
            if (!known.shared && known.file.inode == image.st_ino &&
                known.file.device_major == major(image.st_dev) &&
                known.file.device_minor == minor(image.st_dev)) {
                separate(known, file);
            }
        }
    }

 private:
    /// Pages this close to each other share a mapping.
    static constexpr std::size_t close_pages = 16;

    void separate(const mapping& known, int file) noexcept {
        written_.clear();
        if (!list_written(known) || written_.empty()) return;
        for (const address_range& run : written_) make_anonymous(run, known);
        std::uintptr_t at = known.begin;
        for (const address_range& run : written_) {
            map_again({at, run.begin}, known, file);
            at = run.end;
        }
        map_again({at, known.end}, known, file);
    }

    bool list_written(const mapping& known) noexcept {
        const std::size_t page = page_states::page_size();
        for (std::uintptr_t at = known.begin; at < known.end;) {
            const std::size_t count =
                std::min<std::size_t>(states_.size(), (known.end - at) / page);
            if (!pages_.read(at, count, states_)) return false;
            for (std::size_t i = 0; i < count; ++i, at += page) {
                if (!page_states::is_anonymous(states_[i])) continue;
                if (!written_.empty() && at - written_.back().end <= close_pages * page) {
                    written_.back().end = at + page;
                } else if (!written_.push_back({at, at + page})) {
                    return false;
                }
            }
        }
        return true;
    }

    /// Goes through a buffer, as a mapping cannot change its kind in place.
    void make_anonymous(address_range run, const mapping& known) noexcept {
        for (std::uintptr_t at = run.begin; at < run.end; at += buffer_.size()) {
            const std::size_t size = std::min<std::size_t>(buffer_.size(), run.end - at);
            void* const memory = reinterpret_cast<void*>(at);
            std::memcpy(buffer_.data(), memory, size);
            if (::mmap(memory, size, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED) {
                return;
            }
            std::memcpy(memory, buffer_.data(), size);
            if (!known.writable) ::mprotect(memory, size, PROT_READ);
        }
    }

    static void map_again(address_range range, const mapping& known, int file) noexcept {
        if (range.size() == 0) return;
        (void)::mmap(reinterpret_cast<void*>(range.begin), range.size(),
                     PROT_READ | (known.writable ? PROT_WRITE : 0), MAP_PRIVATE | MAP_FIXED, file,
                     static_cast<off_t>(known.offset + (range.begin - known.begin)));
    }

    page_states pages_;
    mapping_list mappings_;
    bounded_list<address_range, 4096> written_;
    std::array<std::uint64_t, 512> states_;
    std::array<std::byte, 64 * 1024> buffer_;
};

}  // namespace detail

inline std::optional<frozen_memory> frozen_memory::freeze(operating_system& system) noexcept {
    const auto refused = [](const char* why) {
        std::fprintf(stderr,
                     "restful-functions: each process of a call costs a copy of the page tables of "
                     "the program's memory, which cannot be frozen: %s\n",
                     why);
        return std::nullopt;
    };
    const detail::outside_memory<detail::freezing> work;
    const char* why = nullptr;
    if (detail::is_sanitized()) return std::nullopt;
    if (!work) return refused("there is no memory for the work");
    if (!work->choose(why)) return why != nullptr ? refused(why) : std::nullopt;
    if (detail::expects_zeros_in_vain()) {
        return refused("its allocator relies on what madvise(2) does to other memory");
    }
    const auto size = detail::frozen_file_size(work->size());
    if (!size) return refused("RLIMIT_FSIZE (ulimit -f) is too low");
    restful_functions::detail::unique_fd file(
        system.memfd_create(frozen_file_name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!file || ::ftruncate(file.get(), *size) != 0) {
        return refused(std::strerror(errno));
    }
    // A handler of the program could write to memory that was copied already.
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    const bool complete = work->move_to(file.get());
    const int error = errno;
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    ::fcntl(file.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE);
    detail::map_view(file.get(), work->size());
    if (!complete) refused(std::strerror(error));
    return frozen_memory(std::move(file));
}

inline void frozen_memory::separate_written_pages(int file) noexcept {
    if (const detail::outside_memory<detail::separating> work; work) work->run(file);
}

}  // namespace restful_functions::process
