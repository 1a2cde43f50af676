/// fork_server: the process that forks, watches and ends the task processes. Tiny, single-threaded,
/// forked first.
#pragma once

#include <restful_functions/detail/unique_fd.hpp>
#include <restful_functions/process/child.hpp>
#include <restful_functions/process/frozen_memory.hpp>
#include <restful_functions/process/inheritance.hpp>
#include <restful_functions/process/kill.hpp>
#include <restful_functions/process/log_pump.hpp>
#include <restful_functions/process/memory_cgroup.hpp>
#include <restful_functions/process/new_run.hpp>
#include <restful_functions/process/operating_system.hpp>
#include <restful_functions/process/plain_process.hpp>
#include <restful_functions/process/program.hpp>
#include <restful_functions/process/program_descriptors.hpp>
#include <restful_functions/process/protocol.hpp>
#include <restful_functions/process/resource_limits.hpp>
#include <restful_functions/process/slot_arena.hpp>
#include <restful_functions/process/start_method.hpp>
#include <restful_functions/process/thread_stacks.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <bit>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory_resource>
#include <new>
#include <optional>
#include <span>
#include <vector>

namespace restful_functions::process {

class fork_server {
 public:
    /// Lives as long as the process, in memory that no fork copies. A fork write-protects the
    /// memory that it does copy: each page that the fork server goes on writing to would cost a
    /// fault and a copy. Throws std::system_error when the system refuses.
    static fork_server& make(const fork_server_inheritance& inherited, program& work,
                             operating_system& system) {
        const std::size_t lists = list_bytes * (inherited.roster.size() + 1) + 1024;
        const std::size_t size = sizeof(fork_server) + lists;
        void* memory = checked(
            system.mmap(size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), "mmap");
        checked(::madvise(memory, size, MADV_DONTFORK), "madvise(MADV_DONTFORK)");
        return *new (memory) fork_server(inherited, work, system, lists);
    }

    /// Serves until the server closes the channel or dies, then ends every task process.
    [[noreturn]] void run() {
        if (has_image_) rehearse();
        tell({.what = report::kind::ready});
        for (;;) {
            send_reports();
            wait();
            reap();
        }
    }

 private:
    /// Of all lists, for each slot.
    static constexpr std::size_t list_bytes =
        sizeof(std::uint32_t) + sizeof(pollfd) + log_pump::list_bytes;

    /// The lists have so many bytes behind the object.
    fork_server(const fork_server_inheritance& inherited, program& work, operating_system& system,
                std::size_t lists)
        : lists_(this + 1, lists, std::pmr::null_memory_resource()),
          work_(work),
          system_(system),
          memory_(inherited.memory),
          layout_(inherited.layout),
          roster_(inherited.roster),
          opened_(inherited.opened),
          generations_(inherited.roster.size(), &lists_),
          polled_(&lists_) {
        polled_.reserve(inherited.roster.size() + 1);
        place_own_descriptors(inherited.opened.free_block(first_own_descriptor, own_descriptors));
        raise_open_files(inherited.open_files);
        keep_only(inherited, system);
        while_waiting_ = detail::become_plain();
        if (!inherited.core_dumps) detail::forgo_core_dumps();
        detail::thread_stacks::take_over();
        detail::prepare_for_calls(layout_.log_bytes() != 0);
        reserve_heap();
        if (inherited.image >= 0) {
            has_image_ = true;
        } else if (auto image =
                       inherited.is_first ? frozen_memory::freeze(system_) : std::nullopt) {
            has_image_ = ::dup3(image->descriptor(), image_descriptor, O_CLOEXEC) >= 0;
        }
        ::madvise(roster_.data(), roster_.size_bytes(), MADV_DONTFORK);
        if (layout_.log_bytes() != 0) {
            logs_.emplace(layout_, arena_descriptor, inherited.pass_log_through, system_, &lists_);
        }
    }

    /// What a call allocates first lies in the heap that its process inherits: no process has to
    /// ask the system for more. free(3) gives no more than what is above its trim threshold back.
    static void reserve_heap() {
        void* volatile reserve = std::malloc(std::size_t{100} * 1024);
        std::free(reserve);
    }

    /// Forks once, which writes what each fork writes.
    void rehearse() {
        if (const pid_t pid = ::fork(); pid == 0) {
            ::_exit(EXIT_SUCCESS);
        } else if (pid > 0) {
            ::waitpid(pid, nullptr, 0);
        }
        frozen_memory::separate_written_pages(image_descriptor);
    }

    /// Each process has a pipe for its log. The calls do not get what the fork server has more.
    void raise_open_files(const rlimit& of_calls) {
        rlimit now{};
        ::getrlimit(RLIMIT_NOFILE, &now);
        open_files_ = {std::min(of_calls.rlim_cur, now.rlim_max), now.rlim_max};
        const auto highest =
            static_cast<rlim_t>(std::max(completion_descriptor, opened_.highest()));
        const rlim_t wanted = layout_.slots() + 2 * highest;
        const rlimit raised{std::min(std::max(now.rlim_cur, wanted), now.rlim_max), now.rlim_max};
        ::setrlimit(RLIMIT_NOFILE, &raised);
    }

    /// Waits for commands, for output of the calls and for the end of a process, and sees to the
    /// first two. SIGCHLD is blocked everywhere but in here, so that a process that ends between
    /// reap() and the wait still ends the wait.
    void wait() {
        polled_.assign(1, {channel_descriptor, POLLIN, 0});
        if (logs_) logs_->watch(polled_);
        if (::ppoll(polled_.data(), polled_.size(), nullptr, &while_waiting_) > 0) {
            if (polled_.front().revents != 0) take_commands();
            if (logs_) logs_->carry(std::span(polled_).subspan(1));
        }
    }

    void take_commands() {
        std::array<command, packet_size> packet;
        const ssize_t bytes =
            ::recv(channel_descriptor, packet.data(), sizeof packet, MSG_DONTWAIT);
        if (bytes == 0 || (bytes < 0 && errno == ECONNRESET)) leave();
        const auto count = bytes < 0 ? 0 : static_cast<std::size_t>(bytes) / sizeof(command);
        for (const command& next : std::span(packet).first(count)) {
            switch (next.what) {
                case command::kind::spawn:
                    spawn(next.process, next.method);
                    break;
                case command::kind::kill:
                    kill(next.process, next.signal);
                    break;
                case command::kind::carry_log:
                    carry_log(next.process);
                    break;
                case command::kind::answer:
                    tell({.what = report::kind::ready});
                    break;
            }
        }
    }

    void spawn(process_id process, start_method method) {
        restful_functions::detail::unique_fd log;
        if (logs_) {
            auto opened = logs_->open(process.slot);
            if (!opened) {
                return tell(
                    {.what = report::kind::fork_failed, .process = process, .value = errno});
            }
            log = std::move(*opened);
        }
        const birth newborn{.parent = ::getpid(),
                            .self = process,
                            .method = method,
                            .memory = memory_,
                            .slot_offset = layout_.offset(process.slot),
                            .slot_size = layout_.slot_size(),
                            .log = log.get(),
                            .open_files = open_files_,
                            .opened = opened_};
        program& work = work_;
        operating_system& system = system_;
        const pid_t pid = system.fork();
        if (pid == 0 && method == start_method::spawn) live_as_new_run(newborn, work, system);
        if (pid == 0) live_as_child(newborn, work, system);  // there is no `this` any more
        if (pid < 0) {
            const int error = errno;
            close_log(process.slot);
            return tell({.what = report::kind::fork_failed, .process = process, .value = error});
        }
        // The child does the same: whoever is first, no kill finds the group missing.
        ::setpgid(pid, pid);
        roster_[process.slot].store(pid, std::memory_order_relaxed);
        generations_[process.slot] = process.generation;
        // Pages that were written only after some time are looked for less and less often.
        if (has_image_ && std::has_single_bit(++forks_)) {
            frozen_memory::separate_written_pages(image_descriptor);
        }
    }

    void carry_log(process_id process) {
        if (logs_ && generations_[process.slot] == process.generation) {
            logs_->carry_all(process.slot);
        }
        tell({.what = report::kind::log_carried, .process = process});
    }

    /// The process has not been waited for while it stands in the roster, so its number is nobody
    /// else's.
    void kill(process_id process, int signal) {
        const pid_t pid = roster_[process.slot].load(std::memory_order_relaxed);
        if (pid != 0 && generations_[process.slot] == process.generation)
            detail::kill_group(pid, signal);
    }

    /// Looks at an ended process first, kills what it left behind in its group, and only then gives
    /// its number free.
    void reap() {
        for (;;) {
            siginfo_t ended{};
            if (::waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) != 0 || ended.si_pid == 0) {
                return;
            }
            const auto entry = std::find(roster_.begin(), roster_.end(), ended.si_pid);
            if (entry != roster_.end()) {
                ::kill(-ended.si_pid, SIGKILL);
                entry->store(0, std::memory_order_relaxed);
            }
            int status = 0;
            rusage used{};
            ::wait4(ended.si_pid, &status, 0, &used);
            if (entry != roster_.end()) {
                const auto slot = static_cast<std::uint32_t>(entry - roster_.begin());
                close_log(slot);
                const process_id process{slot, generations_[slot]};
                const bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
                tell({.what = report::kind::exited,
                      .process = process,
                      .value = status,
                      .used = usage_of(used),
                      .out_of_memory = killed && memory_.ran_out(process)});
            }
        }
    }

    void close_log(std::uint32_t slot) {
        if (logs_) logs_->close(slot);
    }

    void tell(const report& message) {
        if (reported_ == reports_.size()) send_reports();
        reports_[reported_++] = message;
    }

    void send_reports() {
        while (reported_ > 0) {
            const ssize_t sent = ::send(channel_descriptor, reports_.data(),
                                        reported_ * sizeof(report), MSG_NOSIGNAL);
            if (sent >= 0) {
                reported_ = 0;
            } else if (errno == EPIPE || errno == ECONNRESET) {
                leave();
            }
        }
    }

    /// Kills all processes and waits until they are gone: those of the calls with their groups, and
    /// then those that had left their group, who have become children of this process by now.
    [[noreturn]] void leave() {
        for (const roster_entry& entry : roster_) {
            if (const pid_t pid = entry.load(std::memory_order_relaxed); pid != 0) {
                detail::kill_group(pid, SIGKILL);
            }
        }
        for (pid_t child = 0; (child = ::waitpid(-1, nullptr, WNOHANG)) >= 0;) {
            if (child > 0) continue;
            detail::kill_children();
            if (::waitpid(-1, nullptr, 0) < 0) break;
        }
        memory_.remove();
        ::_exit(EXIT_SUCCESS);
    }

    std::pmr::monotonic_buffer_resource lists_;
    program& work_;
    operating_system& system_;
    const memory_cgroup& memory_;
    slot_layout layout_;
    std::span<roster_entry> roster_;
    program_descriptors& opened_;
    std::pmr::vector<std::uint32_t> generations_;
    std::optional<log_pump> logs_;
    std::pmr::vector<pollfd> polled_;
    sigset_t while_waiting_{};
    rlimit open_files_{};
    std::array<report, packet_size> reports_{};
    std::size_t reported_ = 0;
    bool has_image_ = false;
    std::uint64_t forks_ = 0;
};

}  // namespace restful_functions::process
