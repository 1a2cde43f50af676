/// memory_image: a copy of this process's private memory, and the way back to it.
#pragma once

#include <restful_functions/process/mark_refusal.hpp>
#include <restful_functions/process/memory_map.hpp>
#include <restful_functions/process/write_tracker.hpp>

#include <sys/mman.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace restful_functions::process {

/// What lies in it has to stay out of the memory that is put back, and the thread's stack with it.
/// Between the image and the way back to it nothing may be written that is to be kept.
class memory_image {
 public:
    static constexpr std::size_t most_bytes = most_rewound_bytes;

    /// Sanitizers reserve terabytes for their shadows.
    static constexpr std::size_t most_address_space = std::size_t{1} << 38;

    explicit memory_image(write_tracker tracker) noexcept : tracker_(tracker) {}

    /// Copies what is in memory now to `copy`, pages with room for `most_bytes`; mappings between
    /// the two addresses of `own` are not part of it. What is too large is refused before anything
    /// is tracked, which takes longer than to look.
    [[nodiscard]] mark_refusal take(std::byte* copy, address_range own) noexcept {
        heap_end_ = static_cast<std::uintptr_t>(::syscall(SYS_brk, 0));
        if (!read_memory_map(mappings_)) return mark_refusal::too_large;
        if (!choose_all_but(own)) return mark_refusal::untrackable;
        if (!list_saved(copy)) return mark_refusal::too_large;
        if (!track()) return mark_refusal::untrackable;
        rehearse(copy);
        for (const saved_run& saved : saved_) {
            tracker_.protect(saved);  // or else it counts as written, and is put back each time
            std::memcpy(saved.copy, reinterpret_cast<const void*>(saved.begin), saved.size());
        }
        // A wild write of a call must not reach it.
        ::mprotect(copy, most_bytes, PROT_READ);
        return mark_refusal::none;
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
        const auto count = tracker_.scan(bounds(), seen_.storage());
        if (!count) return false;
        seen_.resize(*count);
        const mapping* known = tracked_.begin();
        const saved_run* saved = saved_.begin();
        std::uintptr_t at = known->begin;
        for (const page_run& run : seen_) {
            // A run has no boundary where one tracked mapping follows another.
            for (std::uintptr_t begin = run.begin; begin != run.end;) {
                if (known == tracked_.end() || begin != at) return false;
                at = std::min<std::uintptr_t>(run.end, known->end);
                if (known->writable &&
                    !add_edits({begin, at, run.traits}, saved, known->inode == 0)) {
                    return false;
                }
                begin = at;
                if (at == known->end && ++known != tracked_.end()) at = known->begin;
            }
        }
        return known == tracked_.end();
    }

    /// Puts back what the last compare() has found.
    void put_back() noexcept {
        for (const address_range& lost : droppable_) {
            ::madvise(reinterpret_cast<void*>(lost.begin), lost.size(), MADV_DONTNEED);
        }
        for (const edit& wanted : edits_) {
            void* memory = reinterpret_cast<void*>(wanted.begin);
            if (is_given_back(wanted)) {
                ::madvise(memory, wanted.size(), MADV_DONTNEED);
            } else if (wanted.copy == nullptr) {
                std::memset(memory, 0, wanted.size());
            } else {
                write(wanted, wanted.copy);
            }
        }
        // Only now, as a protected page costs a fault when it is written.
        address_range unprotected{};
        for (const edit& done : edits_) {
            if (is_given_back(done)) continue;
            if (done.begin != unprotected.end) {
                if (unprotected.size() != 0) tracker_.protect(unprotected);
                unprotected.begin = done.begin;
            }
            unprotected.end = done.end;
        }
        if (unprotected.size() != 0) tracker_.protect(unprotected);
    }

 private:
    struct saved_run : address_range {
        std::byte* copy;
    };

    /// To be filled with `copy`, or with zeros where that is nullptr.
    using edit = saved_run;

    static constexpr std::size_t most_runs = 16 * 1024;

    /// Up to here, it costs less to clear pages than to give them back and to fault them in again.
    static constexpr std::size_t most_cleared = 32 * 4096;

    [[nodiscard]] address_range bounds() noexcept {
        return {tracked_.begin()->begin, tracked_.back().end};
    }

    /// Of a file that is only read, one page stands for all: as long as scans find it, the file has
    /// not been replaced by another. false: there is more than any program needs.
    bool choose_all_but(address_range own) noexcept {
        std::size_t address_space = 0;
        mapping before{};
        for (const mapping& known : mappings_) {
            if (known.shared || (known.begin >= own.begin && known.end <= own.end)) continue;
            address_space += known.size();
            if (address_space > most_address_space) return false;
            const bool continued =
                known.begin == before.end && known.inode == before.inode && known.inode != 0;
            before = known;
            mapping tracked = known;
            if (!known.writable) {
                if (continued) continue;
                tracked.end = known.begin + page_size_;
            }
            tracked_.push_back(tracked);
        }
        return true;
    }

    /// Mappings that are only read and that the kernel refuses are its own.
    bool track() noexcept {
        mapping* end = tracked_.begin();
        for (const mapping& chosen : tracked_) {
            if (tracker_.track(chosen)) {
                *end++ = chosen;
            } else if (chosen.writable && !(is_droppable(chosen) && droppable_.push_back(chosen))) {
                return false;
            }
        }
        tracked_.resize(static_cast<std::size_t>(end - tracked_.begin()));
        return !tracked_.empty();
    }

    /// Anonymous memory that was never written reads as zeros, and needs no copy. Pages of files
    /// are read in for theirs; those behind the end of a file cannot be. false: it is too much.
    bool list_saved(std::byte* copy) noexcept {
        std::size_t room = most_bytes;
        for (const mapping& known : tracked_) {
            if (!known.writable) continue;
            if (known.inode != 0) {
                if (known.size() > room) return false;
                ::madvise(reinterpret_cast<void*>(known.begin), known.size(), MADV_POPULATE_READ);
            }
            const auto count = tracker_.scan_untracked(known, seen_.storage());
            if (!count) return false;
            seen_.resize(*count);
            for (const page_run& run : seen_) {
                if (!run.has_memory()) continue;
                const saved_run saved{{run.begin, run.end}, copy + (most_bytes - room)};
                if (saved.size() > room || !saved_.push_back(saved)) return false;
                room -= saved.size();
            }
        }
        return true;
    }

    /// What the dynamic linker finds only after the image is taken, it would find for each return.
    void rehearse(std::byte* copy) const noexcept {
        const auto begin = reinterpret_cast<std::uintptr_t>(copy);
        std::memset(copy, 0, page_size_);
        write({begin, begin + page_size_}, copy + page_size_);
    }

    /// Covers a changed run: what the image has of it is to be copied, what lies between that to be
    /// cleared. `saved` is the first that may still matter, and is moved on. false: there are too
    /// many, or a page of a file was not there when the image was taken.
    bool add_edits(const page_run& run, const saved_run*& saved, bool anonymous) noexcept {
        const bool lost = !run.has_memory();
        if (!run.is_written() && !lost) return true;
        while (saved != saved_.end() && saved->end <= run.begin) ++saved;
        std::uintptr_t at = run.begin;
        const auto clear_up_to = [&](std::uintptr_t end) {
            return at == end || lost || (anonymous && edits_.push_back({{at, end}, nullptr}));
        };
        const saved_run* next = saved;
        for (; next != saved_.end() && next->begin < run.end; ++next) {
            const auto begin = std::max<std::uintptr_t>(run.begin, next->begin);
            if (!clear_up_to(begin)) return false;
            at = std::min<std::uintptr_t>(run.end, next->end);
            if (!edits_.push_back({{begin, at}, next->copy + (begin - next->begin)})) return false;
        }
        return clear_up_to(run.end);
    }

    /// Memory of MAP_DROPPABLE (mmap(2)), as the C library's getrandom(3) uses it: its owner
    /// expects to find zeros in it at any time, and no forked process is ever to have it.
    [[nodiscard]] static bool is_droppable(const mapping& known) noexcept {
        return known.inode == 0 &&
               ::madvise(reinterpret_cast<void*>(known.begin), known.size(), MADV_KEEPONFORK) != 0;
    }

    [[nodiscard]] static bool is_given_back(const edit& wanted) noexcept {
        return wanted.copy == nullptr && wanted.size() > most_cleared;
    }

    /// The kernel keeps the number of the processor in memory of the thread (rseq(2)): that is of
    /// now, not of the image.
    static address_range written_by_the_kernel() noexcept {
        const auto begin = reinterpret_cast<std::uintptr_t>(__builtin_thread_pointer()) +
                           static_cast<std::uintptr_t>(__rseq_offset);
        const std::size_t size = std::max<std::size_t>(__rseq_size, sizeof(::rseq));
        return {begin, __rseq_size != 0 ? begin + size : begin};
    }

    static void write(address_range range, const std::byte* bytes) noexcept {
        const address_range left_out = written_by_the_kernel();
        const auto before = std::clamp(left_out.begin, range.begin, range.end);
        const auto behind = std::clamp(left_out.end, range.begin, range.end);
        std::memcpy(reinterpret_cast<void*>(range.begin), bytes, before - range.begin);
        std::memcpy(reinterpret_cast<void*>(behind), bytes + (behind - range.begin),
                    range.end - behind);
    }

    write_tracker tracker_;
    std::size_t page_size_ = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    std::uintptr_t heap_end_ = 0;
    mapping_list mappings_;  ///< all, when the image was taken
    mapping_list tracked_;   ///< those of them that scans see
    bounded_list<address_range, 64> droppable_;
    bounded_list<saved_run, most_runs> saved_;  ///< in order, as everything here
    bounded_list<page_run, most_runs> seen_;
    bounded_list<edit, most_runs> edits_;
};

}  // namespace restful_functions::process
