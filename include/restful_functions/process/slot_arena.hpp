/// slot_arena: the shared memory of all slots. A task process maps one of them; the server maps the
/// whole.
#pragma once

#include <restful_functions/detail/unique_fd.hpp>
#include <restful_functions/process/operating_system.hpp>
#include <restful_functions/process/slot.hpp>

#include <fcntl.h>

#include <cstddef>
#include <cstdint>
#include <new>

namespace restful_functions::process {

/// Bytes from one slot to the next, for a payload of `max_payload` bytes: whole pages, because a
/// task process maps its own slot and nothing else.
inline std::size_t slot_stride(std::size_t max_payload) {
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    return (slot::payload_offset + max_payload + page - 1) / page * page;
}

/// Reserved but not touched: a slot costs memory only for the bytes that went through it
/// (memfd_create(2), MAP_NORESERVE). The file is sealed against changes of its size, so no one can
/// make an access fault.
class slot_arena {
 public:
    /// Throws std::system_error when the memory cannot be had.
    slot_arena(std::size_t slots, std::size_t max_payload, operating_system& system)
        : stride_(slot_stride(max_payload)),
          slots_(slots),
          file_(checked(
              system.memfd_create("restful-functions-slots", MFD_CLOEXEC | MFD_ALLOW_SEALING),
              "memfd_create")) {
        checked(::ftruncate(file_.get(), static_cast<off_t>(stride_ * slots_)), "ftruncate");
        checked(::fcntl(file_.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL),
                "fcntl(F_ADD_SEALS)");
        memory_ =
            static_cast<std::byte*>(checked(system.mmap(stride_ * slots_, PROT_READ | PROT_WRITE,
                                                        MAP_SHARED | MAP_NORESERVE, file_.get(), 0),
                                            "mmap"));
        // The fork server and its children must not see the slots of others; the fork server forks
        // from a process that has this mapping, a task process maps its own slot.
        if (::madvise(memory_, stride_ * slots_, MADV_DONTFORK) != 0) {
            const int error = errno;
            ::munmap(memory_, stride_ * slots_);
            throw std::system_error(error, std::generic_category(), "madvise(MADV_DONTFORK)");
        }
    }
    slot_arena(const slot_arena&) = delete;
    slot_arena& operator=(const slot_arena&) = delete;
    ~slot_arena() { ::munmap(memory_, stride_ * slots_); }

    [[nodiscard]] slot at(std::uint32_t index) const noexcept {
        return {memory_ + index * stride_, stride_};
    }
    [[nodiscard]] std::size_t size() const noexcept { return slots_; }
    [[nodiscard]] std::size_t stride() const noexcept { return stride_; }

    /// The file behind the slots, for the fork server.
    [[nodiscard]] int descriptor() const noexcept { return file_.get(); }

    /// Makes the slot ready for a new process. Gives the pages of a payload of `used` bytes back to
    /// the system when they are more than a few; the others stay, because the next call wants them.
    void clear(std::uint32_t index, std::size_t used) const noexcept {
        if (used > kept_bytes) {
            ::madvise(memory_ + index * stride_ + kept_bytes, stride_ - kept_bytes, MADV_REMOVE);
        }
        new (memory_ + index * stride_) slot_header{};
    }

 private:
    static constexpr std::size_t kept_bytes = 64 * 1024;

    std::size_t stride_;
    std::size_t slots_;
    restful_functions::detail::unique_fd file_;
    std::byte* memory_ = nullptr;
};

}  // namespace restful_functions::process
