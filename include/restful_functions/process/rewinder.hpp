/// rewinder: puts a process back to what it was, so that one process serves many calls of which
/// each finds it fresh. As with setjmp(3) and longjmp(3), one call returns many times; unlike them,
/// it takes all memory along.
#pragma once

#include <restful_functions/process/mark_refusal.hpp>
#include <restful_functions/process/memory_image.hpp>
#include <restful_functions/process/process_traces.hpp>

#include <malloc.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <new>
#include <optional>

namespace restful_functions::process {

namespace detail {

/// The side of the process that is not put back. It has a stack of its own, and lies in memory of
/// its own, which is shared only so that it does not count as the process's data (RLIMIT_DATA).
class rewinding {
 public:
    /// nullptr: there is no memory.
    static rewinding* create(int first_descriptor) noexcept {
        void* memory = ::mmap(nullptr, reserved, PROT_READ | PROT_WRITE,
                              MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (memory == MAP_FAILED) return nullptr;
        ::madvise(memory, reserved, MADV_DONTFORK);
        return new (memory) rewinding(first_descriptor);
    }

    /// Returns again, with `none`, for each rewind().
    mark_refusal mark() noexcept {
        ::getcontext(&own_);
        own_.uc_stack.ss_sp = stack_.data();
        own_.uc_stack.ss_size = stack_.size();
        own_.uc_link = nullptr;
        // No handler may run on this stack, or write to memory that is being put back.
        ::sigfillset(&own_.uc_sigmask);
        const auto self = reinterpret_cast<std::uintptr_t>(this);
        ::makecontext(&own_, reinterpret_cast<void (*)()>(&run), 2, static_cast<unsigned>(self),
                      static_cast<unsigned>(self >> 32U));
        // Every rewind comes out of this call, as if it returned once more.
        ::swapcontext(&marked_, &own_);
        return refusal_;
    }

    /// Nothing of it may be used any more.
    void release() noexcept {
        const int first = first_descriptor_;
        ::munmap(this, reserved);
        for (int number = first; number < first + descriptors; ++number) ::close(number);
    }

    /// Returns only if the process cannot be put back.
    void rewind() noexcept { ::swapcontext(&stuck_, &own_); }

 private:
    static constexpr int descriptors = process_traces::descriptors + memory_image::descriptors;
    static constexpr std::size_t before_copy = std::size_t{4} << 20;  ///< of which little is used
    static constexpr std::size_t reserved = before_copy + memory_image::most_bytes;

    explicit rewinding(int first_descriptor) noexcept : first_descriptor_(first_descriptor) {}

    /// makecontext(3) passes nothing wider than an int.
    static void run(unsigned low, unsigned high) noexcept {
        auto& self = *reinterpret_cast<rewinding*>(std::uintptr_t{high} << 32U | low);
        self.refusal_ = self.take();
        ::swapcontext(&self.own_, &self.marked_);
        for (;;) {
            ::swapcontext(&self.own_, self.put_back() ? &self.marked_ : &self.stuck_);
        }
    }

    mark_refusal take() noexcept {
        static_assert(sizeof(rewinding) <= before_copy);
        const auto self = reinterpret_cast<std::uintptr_t>(this);
        std::byte* copy = reinterpret_cast<std::byte*>(this) + before_copy;
        // All is rehearsed, so that the dynamic linker finds every function before the image is
        // taken, and not again for each return.
        if (!process_traces::is_alone()) return mark_refusal::not_alone;
        if (!image_.open(first_descriptor_ + process_traces::descriptors) ||
            !traces_.take(first_descriptor_, first_descriptor_ + descriptors - 1) ||
            !traces_.put_back() || !traces_.unchanged()) {
            return mark_refusal::unsupported;
        }
        if (!traces_.take_status()) return mark_refusal::not_alone;
        const mark_refusal refusal = image_.take(copy, {self, self + reserved});
        if (refusal != mark_refusal::none) return refusal;
        return traces_.take_status() ? mark_refusal::none : mark_refusal::unsupported;
    }

    /// All that may fail comes first: what rewind() returns to is still as the call has left it,
    /// but for what it has mapped.
    bool put_back() noexcept {
        if (!traces_.put_back() || !traces_.unchanged()) return false;
        image_.shrink_heap();
        auto status = traces_.compare_status();
        if (status == process_traces::status::differs) {
            traces_.put_back_all_actions();
            image_.unmap_additions();
            status = traces_.compare_status();
        }
        if (status != process_traces::status::same || !image_.compare()) return false;
        image_.put_back();
        return true;
    }

    ucontext_t marked_{};
    ucontext_t stuck_{};
    ucontext_t own_{};
    memory_image image_;
    process_traces traces_;
    int first_descriptor_;
    mark_refusal refusal_ = mark_refusal::none;
    alignas(16) std::array<std::byte, 128 * 1024> stack_;
};

}  // namespace detail

/// Whether the kernel can do it: Linux 6.7 and later can, unless a sandbox forbids it.
[[nodiscard]] inline bool can_rewind() noexcept {
    static const bool can = page_scanner::available() && process_traces::available();
    return can;
}

/// Of a process with one thread. It does not see writes to memory that was only read when the image
/// was taken, as constants and code, where a call has lifted the protection and set it again; nor
/// that it has taken the right to read from such memory.
class rewinder {
 public:
    /// How many numbers of descriptors it takes.
    static constexpr int descriptors = process_traces::descriptors + memory_image::descriptors;

    /// Takes the image of this process as it is now. It takes the descriptors from
    /// `first_descriptor` on, and keeps them open. nullopt: it is refused, and `why` is set.
    /// Returns anew after every rewind().
    [[nodiscard]] static std::optional<rewinder> mark(int first_descriptor,
                                                      mark_refusal* why = nullptr) noexcept {
        const pid_t self = ::getpid();
        // A sanitizer's shadow is what keeps a process from being put back, and knows no contexts.
        const bool sanitized = detail::is_sanitized();
        detail::rewinding* outside =
            sanitized ? nullptr : detail::rewinding::create(first_descriptor);
        auto refusal = sanitized ? mark_refusal::untrackable : mark_refusal::unsupported;
        if (outside != nullptr) {
            // What is freed at the end of the heap has to stay mapped, as it is part of the image.
            ::mallopt(M_TRIM_THRESHOLD, INT_MAX);
            refusal = outside->mark();
            if (refusal == mark_refusal::none) return rewinder(outside, self);
            outside->release();
        }
        if (why != nullptr) *why = refusal;
        return std::nullopt;
    }

    /// Puts the process back to what it was and goes on behind mark(): its private memory and
    /// mappings, registers, signals' masks and handlers, umask and working directory. What streams
    /// have not written yet is lost.
    /// It returns only if something else has changed: threads or children that are left,
    /// descriptors opened or closed, timers, limits, ids, priorities; or in a forked copy of the
    /// process. Memory that was mapped since may be gone then: the caller has to call _exit(2).
    void rewind() const noexcept {
        if (::getpid() == owner_) outside_->rewind();
    }

 private:
    rewinder(detail::rewinding* outside, pid_t owner) noexcept : outside_(outside), owner_(owner) {}

    detail::rewinding* outside_;
    pid_t owner_;
};

}  // namespace restful_functions::process
