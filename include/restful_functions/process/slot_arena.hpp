/// slot_arena: the shared memory of all slots and their logs. A task process maps its own slot, the
/// fork server and the server map the whole.
#pragma once

#include <restful_functions/detail/unique_fd.hpp>
#include <restful_functions/process/log_ring.hpp>
#include <restful_functions/process/operating_system.hpp>
#include <restful_functions/process/slot.hpp>

#include <fcntl.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <string>
#include <system_error>

namespace restful_functions::process {

/// Where the slots lie in the arena's file. All sizes are whole pages, because a task process maps
/// its own slot and nothing else, not even the log of its call.
class slot_layout {
 public:
    slot_layout(std::size_t slots, std::size_t max_payload, std::size_t log_bytes)
        : slots_(slots),
          slot_size_(whole_pages(slot::payload_offset + max_payload)),
          log_size_(log_bytes == 0 ? 0 : whole_pages(log_ring::header_size + log_bytes)),
          log_bytes_(log_bytes) {}

    [[nodiscard]] std::size_t slots() const noexcept { return slots_; }
    [[nodiscard]] std::size_t slot_size() const noexcept { return slot_size_; }
    [[nodiscard]] std::size_t log_bytes() const noexcept { return log_bytes_; }
    [[nodiscard]] std::size_t size() const noexcept { return slots_ * (slot_size_ + log_size_); }
    [[nodiscard]] std::size_t offset(std::uint32_t index) const noexcept {
        return index * (slot_size_ + log_size_);
    }

    [[nodiscard]] slot at(std::byte* arena, std::uint32_t index) const noexcept {
        return {arena + offset(index), slot_size_};
    }
    [[nodiscard]] log_ring log_at(std::byte* arena, std::uint32_t index) const noexcept {
        return {arena + offset(index) + slot_size_, log_bytes_};
    }

 private:
    static std::size_t whole_pages(std::size_t bytes) {
        const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
        return (bytes + page - 1) / page * page;
    }

    std::size_t slots_;
    std::size_t slot_size_;
    std::size_t log_size_;
    std::size_t log_bytes_;
};

namespace detail {

/// What a user can do where it is not to be had.
inline std::string need_of_slots(std::size_t bytes, const char* of_what) {
    return "the slots of the calls need " + std::to_string(bytes) + " bytes of " + of_what +
           "; a smaller max_processes, max_payload or log_bytes needs less";
}

}  // namespace detail

/// A mapping of a whole arena that no process forked from here inherits.
class arena_mapping {
 public:
    /// Throws std::system_error when the memory cannot be had.
    arena_mapping(const slot_layout& layout, int file, operating_system& system)
        : size_(layout.size()),
          memory_(static_cast<std::byte*>(
              system.mmap(size_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, file, 0))) {
        if (memory_ == MAP_FAILED) {
            throw std::system_error(
                errno, std::generic_category(),
                "mmap: " + detail::need_of_slots(size_, "address space (ulimit -v)"));
        }
        if (::madvise(memory_, size_, MADV_DONTFORK) != 0) {
            const int error = errno;
            ::munmap(memory_, size_);
            throw std::system_error(error, std::generic_category(), "madvise(MADV_DONTFORK)");
        }
    }
    arena_mapping(const arena_mapping&) = delete;
    arena_mapping& operator=(const arena_mapping&) = delete;
    ~arena_mapping() { ::munmap(memory_, size_); }

    [[nodiscard]] std::byte* memory() const noexcept { return memory_; }

 private:
    std::size_t size_;
    std::byte* memory_;
};

/// The server's arena. Reserved but not touched: a slot costs memory only for the bytes that went
/// through it (memfd_create(2), MAP_NORESERVE). The file is sealed against changes of its size, so
/// no one can make an access fault.
class slot_arena {
 public:
    /// Throws std::system_error when the memory cannot be had.
    slot_arena(const slot_layout& layout, operating_system& system)
        : layout_(layout),
          file_(sealed_file(layout.size(), system)),
          mapping_(layout, file_.get(), system) {}

    [[nodiscard]] const slot_layout& layout() const noexcept { return layout_; }

    [[nodiscard]] slot at(std::uint32_t index) const noexcept {
        return layout_.at(mapping_.memory(), index);
    }

    /// What the call of a slot printed; nothing where there is no memory for it.
    [[nodiscard]] log_excerpt log(std::uint32_t index) const {
        if (layout_.log_bytes() == 0) return {};
        try {
            return layout_.log_at(mapping_.memory(), index).read();
        } catch (const std::bad_alloc&) {
            return {};
        }
    }

    /// Whether all that was taken out of the pipe of a slot is in its log.
    [[nodiscard]] bool log_is_settled(std::uint32_t index) const noexcept {
        return layout_.log_bytes() == 0 || !layout_.log_at(mapping_.memory(), index).is_carrying();
    }

    /// The file behind the slots, for the fork server.
    [[nodiscard]] int descriptor() const noexcept { return file_.get(); }

    /// So much of a slot stays when it is made ready.
    static constexpr std::size_t kept_bytes = 64 * 1024;

    /// Makes the slot ready for a new process. Gives the pages of a payload of `used` bytes back to
    /// the system when they are more than a few; the others stay, because the next call wants them.
    void clear(std::uint32_t index, std::size_t used) const noexcept {
        new (at(index).memory()) slot_header{};
        clear_behind_header(index, used);
    }

    /// Makes the slot ready for another call of the process that waits on it.
    void recycle(std::uint32_t index, std::size_t used) const noexcept {
        clear_behind_header(index, used);
        at(index).header().state.store(slot_state::parked, std::memory_order_release);
    }

 private:
    /// What one client sent or received is in no other one's call.
    void clear_behind_header(std::uint32_t index, std::size_t used) const noexcept {
        const slot cleared = at(index);
        std::size_t still_there = used;
        if (used > kept_bytes) {
            still_there = kept_bytes;
            ::madvise(cleared.memory() + kept_bytes, layout_.slot_size() - kept_bytes, MADV_REMOVE);
        }
        std::memset(cleared.payload(), 0, std::min(still_there, cleared.capacity()));
        if (layout_.log_bytes() != 0) layout_.log_at(mapping_.memory(), index).clear();
    }

    static restful_functions::detail::unique_fd sealed_file(std::size_t size,
                                                            operating_system& system) {
        restful_functions::detail::unique_fd file(
            checked(system.memfd_create("restful-functions-slots", MFD_CLOEXEC | MFD_ALLOW_SEALING),
                    "memfd_create"));
        // Past this limit ftruncate(2) sends a signal that would end the program without a word.
        rlimit largest{};
        if (::getrlimit(RLIMIT_FSIZE, &largest) == 0 && largest.rlim_cur < size) {
            throw std::system_error(EFBIG, std::generic_category(),
                                    detail::need_of_slots(size, "RLIMIT_FSIZE (ulimit -f)"));
        }
        checked(::ftruncate(file.get(), static_cast<off_t>(size)), "ftruncate");
        checked(::fcntl(file.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL),
                "fcntl(F_ADD_SEALS)");
        return file;
    }

    slot_layout layout_;
    restful_functions::detail::unique_fd file_;
    arena_mapping mapping_;
};

}  // namespace restful_functions::process
