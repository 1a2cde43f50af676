/// fork_server: the process that forks, watches and ends the task processes. Tiny, single-threaded,
/// forked first.
#pragma once

#include <restful_functions/process/child.hpp>
#include <restful_functions/process/operating_system.hpp>
#include <restful_functions/process/program.hpp>
#include <restful_functions/process/protocol.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <span>
#include <vector>

namespace restful_functions::process {

/// What the fork server receives from the process that forks it. The descriptors are that process's
/// numbers.
struct fork_server_inheritance {
    int channel = -1;
    int arena = -1;
    int completion = -1;
    std::size_t slot_stride = 0;
    std::span<roster_entry> roster;  ///< one entry for each slot
};

class fork_server {
 public:
    fork_server(const fork_server_inheritance& inherited, program& work, operating_system& system)
        : work_(work),
          system_(system),
          stride_(inherited.slot_stride),
          roster_(inherited.roster),
          generations_(inherited.roster.size()) {
        keep_only(inherited);
        become_plain();
        ::madvise(roster_.data(), roster_.size_bytes(), MADV_DONTFORK);
    }

    /// Serves until the server closes the channel or dies, then ends every task process.
    [[noreturn]] void run() {
        tell({.what = report::kind::ready});
        for (;;) {
            send_reports();
            pollfd channel{channel_descriptor, POLLIN, 0};
            // SIGCHLD is blocked everywhere but in here, so that a process that ends between reap()
            // and the wait still ends the wait.
            if (::ppoll(&channel, 1, nullptr, &while_waiting_) > 0) {
                take_commands();
            }
            reap();
        }
    }

 private:
    /// Puts the three descriptors where child.hpp wants them and closes all others: no client's
    /// connection, no file of the host program is in a task process.
    static void keep_only(const fork_server_inheritance& inherited) {
        constexpr int above = completion_descriptor + 1;
        const std::array moved{::fcntl(inherited.channel, F_DUPFD_CLOEXEC, above),
                               ::fcntl(inherited.arena, F_DUPFD_CLOEXEC, above),
                               ::fcntl(inherited.completion, F_DUPFD_CLOEXEC, above)};
        checked(::dup3(moved[0], channel_descriptor, O_CLOEXEC), "dup3");
        checked(::dup3(moved[1], arena_descriptor, O_CLOEXEC), "dup3");
        checked(::dup3(moved[2], completion_descriptor, O_CLOEXEC), "dup3");
        const int nothing = checked(::open("/dev/null", O_RDWR | O_CLOEXEC), "open(/dev/null)");
        ::dup2(nothing, STDIN_FILENO);
        for (const int output : {STDOUT_FILENO, STDERR_FILENO}) {
            if (::fcntl(output, F_GETFD) < 0) {
                ::dup2(nothing, output);
            }
        }
        ::close_range(STDERR_FILENO + 1, channel_descriptor - 1, 0);
        ::close_range(above, ~0U, 0);
    }

    /// The signals of a fresh process, whatever the host program had set up. Those that ask a
    /// service to stop are blocked: when to stop is the server's decision. A new process inherits
    /// the block until it is ready for them, so that a signal sent to its call in between is not
    /// lost. Orphans become the fork server's children, so that none is left as a zombie in a
    /// container without an init.
    void become_plain() {
        for (int signal = 1; signal < NSIG; ++signal) {
            ::signal(signal, SIG_DFL);  // the C library refuses those that it needs itself
        }
        struct sigaction on_child {};
        on_child.sa_handler = [](int) {};  // interrupts ppoll(2), nothing else
        on_child.sa_flags = SA_NOCLDSTOP;
        ::sigaction(SIGCHLD, &on_child, nullptr);
        ::sigemptyset(&while_waiting_);
        for (const int signal : {SIGHUP, SIGINT, SIGTERM}) {
            ::sigaddset(&while_waiting_, signal);
        }
        sigset_t blocked = while_waiting_;
        ::sigaddset(&blocked, SIGCHLD);
        ::sigprocmask(SIG_SETMASK, &blocked, nullptr);
        ::setpgid(0, 0);
        ::prctl(PR_SET_CHILD_SUBREAPER, 1);
        ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    }

    void take_commands() {
        std::array<command, packet_size> packet;
        const ssize_t bytes =
            ::recv(channel_descriptor, packet.data(), sizeof packet, MSG_DONTWAIT);
        if (bytes == 0 || (bytes < 0 && errno != EAGAIN && errno != EINTR)) {
            leave();
        }
        const auto count = bytes < 0 ? 0 : static_cast<std::size_t>(bytes) / sizeof(command);
        for (const command& next : std::span(packet).first(count)) {
            switch (next.what) {
                case command::kind::spawn:
                    spawn(next.process);
                    break;
                case command::kind::kill:
                    kill(next.process, next.signal);
                    break;
            }
        }
    }

    void spawn(process_id process) {
        const pid_t parent = ::getpid();
        const pid_t pid = system_.fork();
        if (pid == 0) {
            live_as_child({.parent = parent, .slot = process.slot, .slot_stride = stride_}, work_,
                          system_);
        }
        if (pid < 0) {
            tell({.what = report::kind::fork_failed, .process = process, .value = errno});
            return;
        }
        ::setpgid(
            pid,
            pid);  // the child does the same: whoever is first, no kill finds the group missing
        roster_[process.slot].store(pid, std::memory_order_relaxed);
        generations_[process.slot] = process.generation;
    }

    /// The process has not been waited for while it stands in the roster, so its number is nobody
    /// else's.
    void kill(process_id process, int signal) {
        const pid_t pid = roster_[process.slot].load(std::memory_order_relaxed);
        if (pid != 0 && generations_[process.slot] == process.generation) {
            end_group(pid, signal);
        }
    }

    /// A process may have left its group; its own number reaches it all the same.
    static void end_group(pid_t pid, int signal) {
        ::kill(-pid, signal);
        ::kill(pid, signal);
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
            ::waitpid(ended.si_pid, &status, 0);
            if (entry != roster_.end()) {
                const auto slot = static_cast<std::uint32_t>(entry - roster_.begin());
                tell({.what = report::kind::exited,
                      .process = {slot, generations_[slot]},
                      .value = status});
            }
        }
    }

    void tell(const report& message) {
        if (reported_ == reports_.size()) {
            send_reports();
        }
        reports_[reported_++] = message;
    }

    void send_reports() {
        while (reported_ > 0) {
            const ssize_t sent = ::send(channel_descriptor, reports_.data(),
                                        reported_ * sizeof(report), MSG_NOSIGNAL);
            if (sent >= 0) {
                reported_ = 0;
            } else if (errno != EINTR) {
                leave();
            }
        }
    }

    [[noreturn]] void leave() {
        for (const roster_entry& entry : roster_) {
            if (const pid_t pid = entry.load(std::memory_order_relaxed); pid != 0) {
                end_group(pid, SIGKILL);
            }
        }
        ::_exit(EXIT_SUCCESS);
    }

    program& work_;
    operating_system& system_;
    std::size_t stride_;
    std::span<roster_entry> roster_;
    std::vector<std::uint32_t> generations_;
    sigset_t while_waiting_{};
    std::array<report, packet_size> reports_{};
    std::size_t reported_ = 0;
};

}  // namespace restful_functions::process
