/// memory_reserve: what a server finishes its work with when the system has no more memory for it.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>
#include <utility>

namespace restful_functions::detail {

/// Keeps memory aside and lets it go when operator new gets none, so that what is under way can be
/// finished with it. New work asks refill() first, and is refused where that fails.
///
/// It is the new-handler of the program while one of these exists, unless the program has a handler
/// of its own: then there is no reserve. All of a process share one.
class memory_reserve {
 public:
    static constexpr std::size_t size = std::size_t{1} << 20;

    memory_reserve() noexcept {
        if (users_.fetch_add(1) == 0 && std::get_new_handler() == nullptr)
            std::set_new_handler(handler);
        refill();
    }
    memory_reserve(const memory_reserve&) = delete;
    memory_reserve& operator=(const memory_reserve&) = delete;
    ~memory_reserve() {
        if (users_.fetch_sub(1) > 1) return;
        forgo();
    }

    /// Whether there is memory left to begin something new: the reserve is whole, or is again.
    bool refill() noexcept {
        if (held_.load(std::memory_order_relaxed) != nullptr || !is_in_charge()) return true;
        block* const fresh = take();
        if (fresh == nullptr) return false;
        block* none = nullptr;
        if (!held_.compare_exchange_strong(none, fresh)) give_back(fresh);
        return true;
    }

    /// In a process that was forked from the server, and does without.
    static void forgo() noexcept {
        if (is_in_charge()) std::set_new_handler(nullptr);
        release();
    }

 private:
    static bool is_in_charge() noexcept { return std::get_new_handler() == handler; }

    /// Of the allocator, which keeps freed memory to itself: tens of MiB, once a large block was
    /// freed. Where that lies in pieces, a single large block would not be had. From 128 KiB on it
    /// would be a mapping of its own.
    struct block {
        block* next;
        std::array<std::byte, (std::size_t{128} << 10) - 64> rest;
    };

    /// All blocks, or nullptr.
    static block* take() noexcept {
        block* taken = nullptr;
        for (std::size_t i = 0; i < size / sizeof(block); ++i) {
            auto* const next = static_cast<block*>(std::malloc(sizeof(block)));
            if (next == nullptr) {
                give_back(taken);
                return nullptr;
            }
            next->next = taken;
            taken = next;
        }
        return taken;
    }

    static void give_back(block* taken) noexcept {
        while (taken != nullptr) std::free(std::exchange(taken, taken->next));
    }

    static bool release() noexcept {
        block* const held = held_.exchange(nullptr);
        give_back(held);
        return held != nullptr;
    }

    // operator new tries again when this returns.
    static void let_go() {
        if (!release()) throw std::bad_alloc();
    }

    static constexpr std::new_handler handler = let_go;
    static inline std::atomic<block*> held_{nullptr};
    static inline std::atomic<int> users_{0};
};

}  // namespace restful_functions::detail
