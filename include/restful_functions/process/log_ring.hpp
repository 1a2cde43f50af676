/// log_ring: the last bytes of what a call printed. The fork server writes it, the server reads it.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace restful_functions::process {

/// A part of a log. `offset` is where it begins, in bytes since the call began.
struct log_excerpt {
    std::uint64_t offset = 0;
    std::string text;
};

/// A view of shared memory. One writer, any number of readers, no lock: the writer says first how
/// far it will have written, and so a reader knows what may have been overwritten under its hands.
class log_ring {
 public:
    static constexpr std::size_t header_size = 3 * sizeof(std::atomic<std::uint64_t>);

    /// `capacity` bytes of log after the header. Fresh memory is zero: an empty log.
    log_ring(std::byte* memory, std::size_t capacity) noexcept
        : memory_(memory), capacity_(capacity) {}

    void clear() const noexcept {
        claimed().store(0, std::memory_order_relaxed);
        written().store(0, std::memory_order_release);
    }

    /// The writer fetches something to append, and then: there is nothing that it holds back.
    void begin_carrying() const noexcept { carrying().store(1, std::memory_order_release); }
    void end_carrying() const noexcept { carrying().store(0, std::memory_order_release); }
    [[nodiscard]] bool is_carrying() const noexcept {
        return carrying().load(std::memory_order_acquire) != 0;
    }

    void append(std::string_view text) const noexcept {
        const std::uint64_t before = written().load(std::memory_order_relaxed);
        const std::string_view kept = text.substr(text.size() - std::min(text.size(), capacity_));
        const auto begin = (before + text.size() - kept.size()) % capacity_;
        const std::size_t first = std::min(kept.size(), capacity_ - begin);
        claimed().store(before + text.size(), std::memory_order_relaxed);
        std::atomic_thread_fence(std::memory_order_release);
        std::memcpy(bytes() + begin, kept.data(), first);
        std::memcpy(bytes(), kept.data() + first, kept.size() - first);
        written().store(before + text.size(), std::memory_order_release);
    }

    /// What is there of it: the last `capacity` bytes at the most.
    [[nodiscard]] log_excerpt read() const {
        const std::uint64_t size = written().load(std::memory_order_acquire);
        if (capacity_ == 0 || size == 0) {
            return {};
        }
        log_excerpt seen{size - std::min<std::uint64_t>(size, capacity_), {}};
        seen.text.resize(size - seen.offset);
        const auto begin = seen.offset % capacity_;
        const std::size_t first = std::min(seen.text.size(), capacity_ - begin);
        std::memcpy(seen.text.data(), bytes() + begin, first);
        std::memcpy(seen.text.data() + first, bytes(), seen.text.size() - first);
        std::atomic_thread_fence(std::memory_order_acquire);
        const std::uint64_t now = claimed().load(std::memory_order_relaxed);
        const std::uint64_t oldest = now - std::min<std::uint64_t>(now, capacity_);
        if (oldest > seen.offset) {
            const auto lost = std::min<std::uint64_t>(oldest - seen.offset, seen.text.size());
            seen.text.erase(0, lost);
            seen.offset += lost;
        }
        return seen;
    }

 private:
    /// How much was written, and how much will be when the writer is done with what it is at.
    [[nodiscard]] std::atomic<std::uint64_t>& written() const noexcept { return counter(0); }
    [[nodiscard]] std::atomic<std::uint64_t>& claimed() const noexcept { return counter(1); }
    [[nodiscard]] std::atomic<std::uint64_t>& carrying() const noexcept { return counter(2); }

    [[nodiscard]] std::atomic<std::uint64_t>& counter(std::size_t index) const noexcept {
        return reinterpret_cast<std::atomic<std::uint64_t>*>(memory_)[index];
    }
    [[nodiscard]] char* bytes() const noexcept {
        return reinterpret_cast<char*>(memory_ + header_size);
    }

    std::byte* memory_;
    std::size_t capacity_;
};

}  // namespace restful_functions::process
