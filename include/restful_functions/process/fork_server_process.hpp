/// fork_server_process: the server's side of one running fork server, with the slots that it
/// serves.
#pragma once

#include <restful_functions/detail/orphans.hpp>
#include <restful_functions/detail/unique_fd.hpp>
#include <restful_functions/process/executor_options.hpp>
#include <restful_functions/process/fork_server.hpp>
#include <restful_functions/process/host_threads.hpp>
#include <restful_functions/process/memory_cgroup.hpp>
#include <restful_functions/process/operating_system.hpp>
#include <restful_functions/process/outcome.hpp>
#include <restful_functions/process/program.hpp>
#include <restful_functions/process/program_descriptors.hpp>
#include <restful_functions/process/protocol.hpp>
#include <restful_functions/process/slot_arena.hpp>

#include <poll.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <utility>

namespace restful_functions::process {

/// How a message went through the channel: whole, not now, or never again.
enum class transfer { complete, blocked, gone };

/// Memory that the server and the fork server share: which process serves which slot.
class shared_roster {
 public:
    shared_roster(std::size_t slots, operating_system& system)
        : slots_(slots),
          memory_(checked(system.mmap(slots * sizeof(roster_entry), PROT_READ | PROT_WRITE,
                                      MAP_SHARED | MAP_ANONYMOUS, -1, 0),
                          "mmap")) {}
    shared_roster(const shared_roster&) = delete;
    shared_roster& operator=(const shared_roster&) = delete;
    ~shared_roster() { ::munmap(memory_, slots_ * sizeof(roster_entry)); }

    /// Fresh anonymous memory is zero, which is what an empty entry looks like.
    [[nodiscard]] std::span<roster_entry> entries() const noexcept {
        return {static_cast<roster_entry*>(memory_), slots_};
    }

 private:
    std::size_t slots_;
    void* memory_;
};

/// Constructed, the fork server runs; destroyed, it and every task process are gone. A fork server
/// that has died is replaced by a new object with new slots: what is left of the old processes
/// cannot reach those.
class fork_server_process {
 public:
    /// Throws std::system_error when a descriptor, the memory or the process cannot be had.
    /// `open_files` is what calls may have open, `opened` what the program had, `image` the
    /// program's frozen memory or -1.
    fork_server_process(const executor_options& options, const rlimit& open_files,
                        program_descriptors& opened, int image, bool is_first, program& work,
                        operating_system& system)
        : memory_(system),
          arena_({options.max_processes, options.max_payload, options.log_bytes}, system),
          roster_(options.max_processes, system),
          owner_(::getpid()) {
        completion_.reset(checked(system.eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd"));
        int pair[2];
        checked(system.socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), "socketpair");
        channel_.reset(pair[0]);
        const restful_functions::detail::unique_fd far_end(pair[1]);
        start({.channel = far_end.get(),
               .arena = arena_.descriptor(),
               .completion = completion_.get(),
               .image = image,
               .is_first = is_first,
               .layout = arena_.layout(),
               .pass_log_through = options.pass_log_through,
               .core_dumps = options.core_dumps,
               .open_files = open_files,
               .roster = roster_.entries(),
               .memory = memory_,
               .opened = opened},
              work, system);
    }
    fork_server_process(const fork_server_process&) = delete;
    fork_server_process& operator=(const fork_server_process&) = delete;

    ~fork_server_process() {
        if (::getpid() != owner_) return;  // a copy, in a process that the host program forked
        channel_.reset();                  // the fork server ends its processes and leaves
        if (!readable_within(pidfd_, leave_time)) kill();
        reap();
        end_groups();
    }

    [[nodiscard]] const slot_arena& arena() const noexcept { return arena_; }

    /// Readable when the fork server has reported something, or has died.
    [[nodiscard]] int channel() const noexcept { return channel_.get(); }

    /// Readable when a slot is done.
    [[nodiscard]] int completion() const noexcept { return completion_.get(); }

    /// Waits until the fork server is up. Throws std::system_error when it is not within 10
    /// seconds, and the time that it may take to freeze this process's memory.
    void wait_until_ready() const {
        rusage used{};
        ::getrusage(RUSAGE_SELF, &used);
        const auto start_time =
            least_start_time + std::chrono::seconds(used.ru_maxrss / kibibytes_frozen_a_second);
        std::array<report, packet_size> reports;
        std::size_t count = 0;
        if (!readable_within(channel_, start_time) ||
            receive(reports, count) != transfer::complete || count == 0) {
            throw std::system_error(
                std::make_error_code(std::errc::timed_out),
                "the fork server did not start; its reason is on the standard error stream");
        }
    }

    /// Sends at most `packet_size` commands, never blocking.
    [[nodiscard]] transfer send(std::span<const command> commands) const noexcept {
        return transferred(::send(channel_.get(), commands.data(), commands.size_bytes(),
                                  MSG_NOSIGNAL | MSG_DONTWAIT));
    }

    /// Receives one packet, never blocking. `count` is the number of reports in it.
    [[nodiscard]] transfer receive(std::array<report, packet_size>& reports,
                                   std::size_t& count) const noexcept {
        const ssize_t bytes = ::recv(channel_.get(), reports.data(), sizeof reports, MSG_DONTWAIT);
        count = bytes > 0 ? static_cast<std::size_t>(bytes) / sizeof(report) : 0;
        return bytes == 0 ? transfer::gone : transferred(bytes);
    }

    /// Takes the completions that were signalled so far.
    void take_completions() const noexcept {
        std::uint64_t signalled = 0;
        iovec into{&signalled, sizeof signalled};
        // A task process shares the description and could make it blocking.
        [[maybe_unused]] const auto bytes = ::preadv2(completion_.get(), &into, 1, -1, RWF_NOWAIT);
    }

    [[nodiscard]] pid_t pid() const noexcept { return pid_; }

    /// Ends a fork server that does not answer any more, and says how it ended: "killed by SIGKILL
    /// (Killed)".
    std::string end() {
        kill();
        return reap();
    }

 private:
    static constexpr std::chrono::seconds least_start_time{10};
    static constexpr long kibibytes_frozen_a_second = 16 * 1024;  ///< of a slow machine
    static constexpr std::chrono::seconds leave_time{5};

    static transfer transferred(ssize_t bytes) noexcept {
        if (bytes >= 0) return transfer::complete;
        // A connection that was reset still has what was reported before.
        const bool later = errno == EAGAIN || errno == EINTR || errno == ENOBUFS ||
                           errno == ENOMEM || errno == ECONNRESET;
        return later ? transfer::blocked : transfer::gone;
    }

    void start(const fork_server_inheritance& inherited, program& work, operating_system& system) {
        detail::pause_openmp();
        // No handler of the host program may run in the fork server before it has reset them.
        sigset_t all;
        sigset_t before;
        ::sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before);
        flush_streams();
        inherited.opened.remember_positions();
        pid_ = system.fork();
        const int error = errno;
        if (pid_ == 0) live_as_fork_server(inherited, work, system);
        ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
        if (pid_ < 0) throw std::system_error(error, std::generic_category(), "fork");
        awaited_.emplace(pid_);
        pidfd_.reset(system.pidfd_open(pid_));
        if (!pidfd_) {
            const int reason = errno;
            channel_.reset();  // it leaves by itself
            reap();
            throw std::system_error(reason, std::generic_category(), "pidfd_open");
        }
    }

    /// What is buffered here would be printed once more by each process of a call. A stream that
    /// another thread reads or writes may stay locked for as long as that likes: with such threads
    /// only the standard output is flushed, where that does not wait.
    static void flush_streams() {
        if (detail::is_single_threaded()) {
            detail::flush_standard_output();
            std::fflush(nullptr);
        } else if (::ftrylockfile(stdout) == 0) {
            pollfd output{::fileno(stdout), POLLOUT, 0};
            if (::poll(&output, 1, 0) > 0) detail::flush_standard_output();
            ::funlockfile(stdout);
        }
    }

    [[noreturn]] static void live_as_fork_server(const fork_server_inheritance& inherited,
                                                 program& work, operating_system& system) {
        // What the server will print itself.
        detail::forget_standard_output();
        try {
            fork_server::make(inherited, work, system).run();
        } catch (const std::exception& error) {
            std::fprintf(stderr, "restful-functions: the fork server could not start: %s\n",
                         error.what());
        }
        ::_exit(EXIT_FAILURE);
    }

    static bool readable_within(const restful_functions::detail::unique_fd& descriptor,
                                std::chrono::milliseconds time) noexcept {
        const auto until = std::chrono::steady_clock::now() + time;
        return uninterrupted([&] {
                   const auto left = std::chrono::ceil<std::chrono::milliseconds>(
                       until - std::chrono::steady_clock::now());
                   pollfd readable{descriptor.get(), POLLIN, 0};
                   return ::poll(&readable, 1, std::max(0, static_cast<int>(left.count())));
               }) > 0;
    }

    void kill() const noexcept {
        // A pidfd never names another process, even when the host program has already waited for
        // this one.
        ::syscall(SYS_pidfd_send_signal, pidfd_.get(), SIGKILL, nullptr, 0);
    }

    std::string reap() {
        int status = 0;
        const pid_t pid = std::exchange(pid_, 0);
        if (pid == 0 || uninterrupted([&] { return ::waitpid(pid, &status, 0); }) < 0) {
            return "gone";  // the host program has waited for it
        }
        return describe(outcome_of_wait_status(status));
    }

    /// The task processes die with the fork server; what they forked does not. Where this process
    /// is the init of a container, they all have become its children.
    void end_groups() const noexcept {
        for (const roster_entry& entry : roster_.entries()) {
            const pid_t pid = entry.load(std::memory_order_relaxed);
            if (pid <= 1) continue;
            ::kill(-pid, SIGKILL);
            while (uninterrupted([&] { return ::waitpid(-pid, nullptr, 0); }) > 0) {
            }
        }
    }

    memory_cgroup memory_;  ///< goes last, when no process is left
    slot_arena arena_;
    shared_roster roster_;
    restful_functions::detail::unique_fd completion_;
    restful_functions::detail::unique_fd channel_;
    restful_functions::detail::unique_fd pidfd_;
    std::optional<restful_functions::detail::awaited_child> awaited_;  ///< the fork server
    pid_t owner_;
    pid_t pid_ = 0;
};

}  // namespace restful_functions::process
