/// simulated_processes: an operating system on which nothing is forked. The target plays the fork
/// server and the processes of the calls, in the process of the server.
#pragma once

#include <restful_functions/detail/unique_fd.hpp>
#include <restful_functions/process/executor_options.hpp>
#include <restful_functions/process/operating_system.hpp>
#include <restful_functions/process/protocol.hpp>
#include <restful_functions/process/slot_arena.hpp>

#include "property.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace fuzz {

namespace process = restful_functions::process;

/// For one executor, with one fork server, which lives as long as the executor does.
class simulated_processes final : public process::operating_system {
 public:
    explicit simulated_processes(const process::executor_options& options)
        : layout_(options.max_processes, options.max_payload, options.log_bytes) {}

    /// What the server has asked the fork server for since the last time.
    [[nodiscard]] std::vector<process::command> take_commands() const {
        std::vector<process::command> all;
        std::array<process::command, process::packet_size> packet;
        for (;;) {
            const ssize_t bytes =
                ::recv(channel_.get(), packet.data(), sizeof packet, MSG_DONTWAIT);
            if (bytes <= 0) return all;
            all.insert(all.end(), packet.begin(),
                       packet.begin() + static_cast<std::size_t>(bytes) / sizeof packet[0]);
        }
    }

    void report(const process::report& told) const {
        require(::send(channel_.get(), &told, sizeof told, MSG_NOSIGNAL) == sizeof told,
                "the channel takes a report");
    }

    /// Says that a slot is to be looked at.
    void complete() const {
        const std::uint64_t one = 1;
        require(::write(completion_.get(), &one, sizeof one) == sizeof one, "the event is counted");
    }

    [[nodiscard]] const process::slot_layout& layout() const noexcept { return layout_; }
    [[nodiscard]] process::slot slot(std::uint32_t index) const noexcept {
        return layout_.at(arena_, index);
    }
    [[nodiscard]] process::log_ring log(std::uint32_t index) const noexcept {
        return layout_.log_at(arena_, index);
    }

    // What the server calls.

    pid_t fork() override { return nobody; }

    /// A descriptor that is readable, as that of a process that has ended.
    int pidfd_open(pid_t) override {
        report({.what = process::report::kind::ready});
        return ::eventfd(1, EFD_CLOEXEC);
    }

    int memfd_create(const char* name, unsigned flags) override {
        return arena_file_ = operating_system::memfd_create(name, flags);
    }

    void* mmap(std::size_t length, int protection, int flags, int descriptor,
               off_t offset) override {
        void* memory = operating_system::mmap(length, protection, flags, descriptor, offset);
        if (descriptor >= 0 && descriptor == arena_file_) arena_ = static_cast<std::byte*>(memory);
        return memory;
    }

    int eventfd(unsigned initial, int flags) override {
        const int made = operating_system::eventfd(initial, flags);
        completion_.reset(::dup(made));
        return made;
    }

    int socketpair(int domain, int type, int protocol, int (&pair)[2]) override {
        const int made = operating_system::socketpair(domain, type, protocol, pair);
        channel_.reset(::dup(pair[1]));
        return made;
    }

    /// No control group is made.
    int mkdir(const char*, mode_t) override {
        errno = EACCES;
        return -1;
    }

 private:
    static constexpr pid_t nobody = 0x7fffffff;  ///< above what the kernel gives a process

    process::slot_layout layout_;
    int arena_file_ = -1;
    std::byte* arena_ = nullptr;
    restful_functions::detail::unique_fd completion_;
    restful_functions::detail::unique_fd channel_;
};

}  // namespace fuzz
