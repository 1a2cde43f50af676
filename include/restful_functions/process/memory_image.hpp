/// memory_image: the private memory of this process as it was at one moment, and the way back to
/// it.
#pragma once

#include <restful_functions/process/frozen_memory.hpp>
#include <restful_functions/process/mark_refusal.hpp>
#include <restful_functions/process/memory_map.hpp>
#include <restful_functions/process/page_scan.hpp>

#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/rseq.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>

namespace restful_functions::process {

/// The memory is mapped privately from a file that holds what it was: the program's frozen memory,
/// or, for what is not part of that, a file of this process. A page that was written since is
/// anonymous, and is copied back or dropped.
///
/// The object has to lie outside of the memory that is put back, and so has the stack of the thread
/// that calls it. Between take() and put_back() nothing may be written that is to be kept.
class memory_image {
 public:
    /// The most bytes that one process copies to a file of its own.
    static constexpr std::size_t most_bytes = most_rewound_bytes;

    /// Sanitizers reserve terabytes for their shadows.
    static constexpr std::size_t most_address_space = std::size_t{1} << 38;

    static constexpr int descriptors = page_scanner::descriptors + 2;

    /// Takes `descriptors` numbers from `first` on. false: the system refuses.
    [[nodiscard]] bool open(int first) noexcept {
        scanner_ = page_scanner::open(first);
        maps_ = first + 1;
        marks_ = first + 2;
        has_marks_ = detail::keep_as(marks_, detail::open_userfaultfd());
        const restful_functions::detail::unique_fd maps(
            ::open("/proc/self/maps", O_RDONLY | O_CLOEXEC));
        // A number that is not used is taken all the same, for the function would get it.
        return scanner_ && detail::keep_as(maps_, maps) &&
               (has_marks_ || detail::keep_as(marks_, maps));
    }

    /// Remembers what is in memory now. What has no file yet is moved to one, which is mapped at
    /// `copy`, pages with room for `most_bytes`. Mappings between the two addresses of `own` are
    /// not part of the image.
    [[nodiscard]] mark_refusal take(std::byte* copy, address_range own) noexcept {
        heap_end_ = static_cast<std::uintptr_t>(::syscall(SYS_brk, 0));
        own_ = own;
        copy_ = copy;
        rehearse();
        if (!read_memory_map(mappings_)) return mark_refusal::too_large;
        if (!has_usual_size()) return mark_refusal::untrackable;
        if (const auto refusal = move_to_file(); refusal != mark_refusal::none) return refusal;
        if (!read_memory_map(mappings_) || !list_pieces()) return mark_refusal::too_large;
        if (has_marks_ && !mark_mappings()) return mark_refusal::untrackable;
        // A mapping of which a part was marked is two in the list.
        return read_memory_map(mappings_) ? mark_refusal::none : mark_refusal::too_large;
    }

    /// Takes away what was mapped since: nothing in the image knows of it, be it a grown heap, a
    /// grown stack, a block of malloc's or the stack of a thread that has ended.
    void unmap_additions() const noexcept {
        shrink_heap();
        std::uintptr_t at = 0;
        for (const mapping& known : mappings_) {
            if (known.begin > at && at != 0) {
                ::syscall(SYS_munmap, at, known.begin - at);
            }
            at = known.end;
        }
    }

    /// The C library's idea of where the heap ends is part of the image.
    void shrink_heap() const noexcept { ::syscall(SYS_brk, heap_end_); }

    /// Finds out what differs from the image. false: it is more than what was written, as some of
    /// its mappings are gone.
    [[nodiscard]] bool compare() noexcept {
        edits_.clear();
        written_pages_ = 0;
        const bool same =
            has_marks_ ? compare_marked() && have_same_mappings(frozen_) : have_same_mappings();
        if (!same || !compare_unmarked()) return false;
        settle();
        return true;
    }

    /// Puts back what the last compare() has found.
    void put_back() noexcept {
        for (const address_range& lost : droppable_) {
            give_back(lost);
        }
        for (const edit& wanted : edits_) {
            void* memory = reinterpret_cast<void*>(wanted.begin);
            if (wanted.dropped) {
                give_back(wanted);
            } else if (wanted.copy == nullptr) {
                std::memset(memory, 0, wanted.size());
            } else {
                std::memcpy(memory, wanted.copy, wanted.size());
            }
        }
        for (const piece& each : pieces_) {
            if (each.kind == origin::copied) write(each, each.copy);
        }
    }

 private:
    enum class origin : std::uint8_t {
        file,    ///< a private mapping of a file: dropped pages are what they were
        zeros,   ///< anonymous, and was never written: dropped pages are what they were
        copied,  ///< anonymous, and was written: is copied back whether it was written since or not
        constant,  ///< not writable; one page stands for the mapping
    };

    struct piece : address_range {
        origin kind;
        bool marked;            ///< scans tell it from a mapping that has replaced it
        const std::byte* copy;  ///< what it was; nullptr: zeros, or what its file has
    };

    struct edit : address_range {
        bool dropped;
        const std::byte* copy;  ///< nullptr: zeros
    };

    /// A range that is to be moved to the file of this process.
    struct moved_range : address_range {
        int protection;
        std::size_t offset;
    };

    static constexpr std::size_t most_runs = 16 * 1024;

    /// A file's mapping up to this size is moved as a whole, so that what a call writes of it can
    /// be copied back.
    static constexpr std::size_t small_mapping = std::size_t{1} << 20;

    /// Up to here, it costs less to copy pages than to drop them and to fault them in again.
    static constexpr std::size_t most_copied = 32 * 4096;

    /// Up to so many mappings, it costs less to ask for each than to read the list of all.
    static constexpr std::size_t most_asked_for = 10;

    /// Pages this close to each other share a mapping.
    static constexpr std::size_t close_bytes = 16 * 4096;

    // Taking the image.

    bool has_usual_size() const noexcept {
        std::size_t address_space = 0;
        for (const mapping& known : mappings_) {
            if (is_part(known)) address_space += known.size();
        }
        return address_space <= most_address_space;
    }

    [[nodiscard]] bool is_part(const mapping& known) const noexcept {
        return !known.shared && !(known.begin >= own_.begin && known.end <= own_.end);
    }

    /// Memory of MAP_DROPPABLE (mmap(2)), as the C library's getrandom(3) uses it: its owner
    /// expects to find zeros in it at any time, and no forked process is ever to have it.
    [[nodiscard]] static bool is_droppable(const mapping& known) noexcept {
        return known.is_anonymous() &&
               ::madvise(reinterpret_cast<void*>(known.begin), known.size(), MADV_KEEPONFORK) != 0;
    }

    /// What the dynamic linker finds only after the image is taken, it would find after each
    /// return.
    void rehearse() noexcept {
        std::memset(copy_, 0, 1);
        std::memcpy(copy_ + 1, copy_, 1);
        give_back({own_.begin, own_.begin});
        (void)scanner_->scan_marked({own_.begin, own_.begin + page_size_}, seen_.storage());
        detail::mapping_request request;
        ::ioctl(maps_, detail::procmap_query, &request);
        (void)have_same_mappings();
    }

    /// Maps what the process has written from a file, but for the main thread's stack, which could
    /// not grow then, and what the kernel itself writes.
    mark_refusal move_to_file() noexcept {
        std::size_t size = 0;
        for (const mapping& known : mappings_) {
            if (!is_part(known) || !known.writable || is_droppable(known)) continue;
            if (!choose_moved(known, size)) return mark_refusal::too_large;
        }
        if (size > most_bytes) return mark_refusal::too_large;
        const auto file_size = detail::frozen_file_size(size);
        if (!file_size) return mark_refusal::too_large;
        const restful_functions::detail::unique_fd file(
            ::memfd_create("restful-functions-process", MFD_CLOEXEC));
        struct stat about {};
        if (!file || ::ftruncate(file.get(), *file_size) != 0 || ::fstat(file.get(), &about) != 0 ||
            ::mmap(copy_, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file.get(), 0) ==
                MAP_FAILED) {
            return mark_refusal::unsupported;
        }
        ::madvise(copy_, size, MADV_DONTFORK);
        detail::process_file = {major(about.st_dev), minor(about.st_dev), about.st_ino};
        for (const moved_range& range : moved_) {
            void* const memory = reinterpret_cast<void*>(range.begin);
            std::memcpy(copy_ + range.offset, memory, range.size());
            if (range.protection != 0 &&
                ::mmap(memory, range.size(), range.protection, MAP_PRIVATE | MAP_FIXED, file.get(),
                       static_cast<off_t>(range.offset)) == MAP_FAILED) {
                return mark_refusal::too_large;
            }
        }
        // A wild write of a call must not reach it.
        ::mprotect(copy_, size, PROT_READ);
        return mark_refusal::none;
    }

    /// Adds what is to be moved of a mapping. false: there is too much.
    bool choose_moved(const mapping& known, std::size_t& size) noexcept {
        const int protection = PROT_READ | PROT_WRITE | (known.executable ? PROT_EXEC : 0);
        const auto add = [&](address_range range, int its_protection) {
            if (range.size() == 0) return true;
            const bool added = moved_.push_back({range, its_protection, size});
            size += range.size() + page_size_;  // a gap keeps the mappings apart
            return added && size <= most_bytes;
        };
        const bool is_small =
            !known.is_anonymous() && !known.frozen && known.size() <= small_mapping;
        // Pages behind the end of a file cannot be read.
        if (is_small && ::madvise(reinterpret_cast<void*>(known.begin), known.size(),
                                  MADV_POPULATE_READ) == 0) {
            return add(known, protection);
        }
        const auto count = scanner_->scan_anonymous(known, seen_.storage());
        if (!count) return false;
        seen_.resize(*count);
        for (std::size_t i = 0; i < seen_.size(); ++i) {
            address_range run{seen_.begin()[i].begin, seen_.begin()[i].end};
            while (i + 1 < seen_.size() && seen_.begin()[i + 1].begin - run.end <= close_bytes) {
                run.end = seen_.begin()[++i].end;
            }
            if (known.stack) {
                if (!add(run, 0)) return false;
                continue;
            }
            const address_range kept = within(pages_of_the_thread(), run);
            if (!add({run.begin, kept.begin}, protection) || !add(kept, 0) ||
                !add({kept.end, run.end}, protection)) {
                return false;
            }
        }
        return true;
    }

    /// The part of `range` that lies in `bounds`; if there is none, an empty one at its end.
    static address_range within(address_range range, address_range bounds) noexcept {
        const auto begin = std::clamp(range.begin, bounds.begin, bounds.end);
        const auto end = std::clamp(range.end, bounds.begin, bounds.end);
        return begin < end ? address_range{begin, end} : address_range{bounds.end, bounds.end};
    }

    /// Of a file that is only read, one page stands for all: as long as scans find it, the file has
    /// not been replaced by another.
    bool list_pieces() noexcept {
        const moved_range* moved = moved_.begin();
        mapping before{};
        for (const mapping& known : mappings_) {
            if (!is_part(known)) continue;
            const bool continued =
                known.begin == before.end && known.file == before.file && !known.is_anonymous();
            before = known;
            if (!known.writable) {
                const address_range first{known.begin, known.begin + page_size_};
                if (!continued && !pieces_.push_back({first, origin::constant, true, nullptr})) {
                    return false;
                }
            } else if (is_droppable(known)) {
                if (!droppable_.push_back(known)) return false;
            } else if (!known.is_anonymous()) {
                if (!pieces_.push_back({known, origin::file, !known.frozen, copy_of(known)}) ||
                    (known.frozen && !frozen_.push_back(known))) {
                    return false;
                }
            } else if (!list_anonymous(known, moved)) {
                return false;
            }
        }
        return true;
    }

    [[nodiscard]] const std::byte* copy_of(const mapping& known) const noexcept {
        const frozen_view& program = detail::program_view;
        if (known.file == detail::process_file) return copy_ + known.offset;
        if (program.begin != nullptr && known.file == program.file) {
            return program.begin + known.offset;
        }
        return nullptr;
    }

    /// What was not moved of anonymous memory is a copy, or was never written.
    bool list_anonymous(const mapping& known, const moved_range*& moved) noexcept {
        std::uintptr_t at = known.begin;
        while (moved != moved_.end() && moved->end <= known.begin) ++moved;
        for (; moved != moved_.end() && moved->begin < known.end; ++moved) {
            const piece never_written{{at, moved->begin}, origin::zeros, true, nullptr};
            if (never_written.size() != 0 && !pieces_.push_back(never_written)) return false;
            if (!pieces_.push_back({*moved, origin::copied, true, copy_ + moved->offset})) {
                return false;
            }
            at = moved->end;
        }
        return at == known.end ||
               pieces_.push_back({{at, known.end}, origin::zeros, true, nullptr});
    }

    /// Registers the mappings with the userfaultfd, which one that replaces them would not be. What
    /// is only read and refused is the kernel's own.
    bool mark_mappings() noexcept {
        piece* end = pieces_.begin();
        for (const piece& each : pieces_) {
            uffdio_register wanted{{each.begin, each.size()}, UFFDIO_REGISTER_MODE_WP, 0};
            if (!each.marked || ::ioctl(marks_, UFFDIO_REGISTER, &wanted) == 0) {
                *end++ = each;
            } else if (each.kind != origin::constant) {
                return false;
            }
        }
        pieces_.resize(static_cast<std::size_t>(end - pieces_.begin()));
        return !pieces_.empty();
    }

    // Comparing with it.

    /// Lists all marked pages in one scan: each has to be there, and the written ones are edits.
    bool compare_marked() noexcept {
        const address_range all{pieces_.begin()->begin, pieces_.back().end};
        const auto count = scanner_->scan_marked(all, seen_.storage());
        if (!count) return false;
        seen_.resize(*count);
        const piece* known = next_marked(pieces_.begin());
        std::uintptr_t at = known != pieces_.end() ? known->begin : 0;
        for (const page_run& run : seen_) {
            // A run has no boundary where one marked mapping follows another.
            for (std::uintptr_t begin = run.begin; begin != run.end;) {
                if (known == pieces_.end() || begin != at) return false;
                at = std::min<std::uintptr_t>(run.end, known->end);
                if (run.is_anonymous() && !add_edit({begin, at}, *known)) return false;
                begin = at;
                if (at != known->end) continue;
                known = next_marked(known + 1);
                if (known != pieces_.end()) at = known->begin;
            }
        }
        return known == pieces_.end();
    }

    const piece* next_marked(const piece* from) const noexcept {
        return std::find_if(from, pieces_.end(), [](const piece& each) { return each.marked; });
    }

    /// Without marks every piece is scanned by itself, and otherwise the frozen ones.
    bool compare_unmarked() noexcept {
        for (const piece& each : pieces_) {
            if ((each.marked && has_marks_) || each.kind == origin::constant) continue;
            const auto count = scanner_->scan_anonymous(each, seen_.storage());
            if (!count) return false;
            seen_.resize(*count);
            for (const page_run& run : seen_) {
                if (!add_edit({run.begin, run.end}, each)) return false;
            }
        }
        return true;
    }

    bool add_edit(address_range run, const piece& its) noexcept {
        if (its.kind == origin::copied || its.kind == origin::constant) return true;
        written_pages_ += run.size() / page_size_;
        const std::byte* copy = its.copy != nullptr ? its.copy + (run.begin - its.begin) : nullptr;
        const bool dropped =
            run.size() > most_copied || (its.kind == origin::file && copy == nullptr);
        return edits_.push_back({run, dropped, copy});
    }

    /// A page that one call has written stays anonymous, and is copied back after every later call.
    /// Once these are many more than a call writes, all are dropped.
    void settle() noexcept {
        if (has_dropped_all_) usual_pages_ = written_pages_;
        has_dropped_all_ = written_pages_ > 2 * usual_pages_ + 64;
        if (!has_dropped_all_) return;
        for (edit& each : edits_) each.dropped = true;
    }

    /// Whether mappings of the program's frozen memory are still there, which costs less than to
    /// look at each of their pages. Linux tells of single mappings since 6.11.
    bool have_same_mappings(const mapping_list& frozen) noexcept {
        if (frozen.size() > most_asked_for) return have_same_mappings();
        for (const mapping& known : frozen) {
            detail::mapping_request request;
            request.address = known.begin;
            if (::ioctl(maps_, detail::procmap_query, &request) != 0) {
                return errno == ENOTTY && have_same_mappings();
            }
            if (request.begin != known.begin || request.end != known.end ||
                request.inode != known.file.inode) {
                return false;
            }
        }
        return true;
    }

    /// Whether the list of all mappings reads as it did.
    bool have_same_mappings() noexcept {
        if (!read_memory_map(present_) || present_.size() != mappings_.size()) return false;
        return std::equal(present_.begin(), present_.end(), mappings_.begin(),
                          [](const mapping& left, const mapping& right) {
                              return left.begin == right.begin && left.end == right.end &&
                                     left.writable == right.writable &&
                                     left.readable == right.readable && left.file == right.file &&
                                     left.offset == right.offset;
                          });
    }

    // Putting it back.

    /// The system call itself: ::madvise would write zeros.
    static void give_back(address_range range) noexcept {
        ::syscall(SYS_madvise, range.begin, range.size(), MADV_DONTNEED);
    }

    /// Leaves out what the kernel keeps up to date for the thread: the number of the processor is
    /// that of now, not of the image (rseq(2)).
    static void write(address_range range, const std::byte* bytes) noexcept {
        const auto begin = reinterpret_cast<std::uintptr_t>(__builtin_thread_pointer()) +
                           static_cast<std::uintptr_t>(__rseq_offset);
        const std::size_t size = std::max<std::size_t>(__rseq_size, sizeof(::rseq));
        const address_range left_out{begin, __rseq_size != 0 ? begin + size : begin};
        const auto before = std::clamp(left_out.begin, range.begin, range.end);
        const auto behind = std::clamp(left_out.end, range.begin, range.end);
        std::memcpy(reinterpret_cast<void*>(range.begin), bytes, before - range.begin);
        std::memcpy(reinterpret_cast<void*>(behind), bytes + (behind - range.begin),
                    range.end - behind);
    }

    std::optional<page_scanner> scanner_;
    int maps_ = -1;
    int marks_ = -1;
    bool has_marks_ = false;  ///< userfaultfd(2) is there, which many sandboxes forbid
    std::size_t page_size_ = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    std::uintptr_t heap_end_ = 0;
    address_range own_{};
    std::byte* copy_ = nullptr;  ///< where the file of this process is mapped
    std::size_t written_pages_ = 0;
    std::size_t usual_pages_ = 0;  ///< that a call has written, where nothing was left of others
    bool has_dropped_all_ = true;
    mapping_list mappings_;  ///< all, when the image was taken
    mapping_list present_;
    mapping_list frozen_;  ///< those of the program's frozen memory
    bounded_list<moved_range, most_runs> moved_;
    bounded_list<piece, most_runs> pieces_;  ///< in order, as everything here
    bounded_list<address_range, 64> droppable_;
    bounded_list<page_run, most_runs> seen_;
    bounded_list<edit, most_runs> edits_;
};

}  // namespace restful_functions::process
