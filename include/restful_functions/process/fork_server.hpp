/// fork_server: the process that forks, watches and ends the task processes. Tiny, single-threaded,
/// forked first.
#pragma once

#include <restful_functions/detail/unique_fd.hpp>
#include <restful_functions/process/child.hpp>
#include <restful_functions/process/inheritance.hpp>
#include <restful_functions/process/log_pump.hpp>
#include <restful_functions/process/operating_system.hpp>
#include <restful_functions/process/program.hpp>
#include <restful_functions/process/protocol.hpp>
#include <restful_functions/process/slot_arena.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <optional>
#include <span>
#include <vector>

namespace restful_functions::process {

class fork_server {
 public:
    fork_server(const fork_server_inheritance& inherited, program& work, operating_system& system)
        : work_(work),
          system_(system),
          layout_(inherited.layout),
          roster_(inherited.roster),
          generations_(inherited.roster.size()) {
        keep_only(inherited);
        become_plain();
        raise_open_files();
        detail::prepare_crash_handler();
        ::madvise(roster_.data(), roster_.size_bytes(), MADV_DONTFORK);
        if (layout_.log_bytes() != 0) {
            logs_.emplace(layout_, arena_descriptor, inherited.pass_log_through, system_);
        }
    }

    /// Serves until the server closes the channel or dies, then ends every task process.
    [[noreturn]] void run() {
        tell({.what = report::kind::ready});
        for (;;) {
            send_reports();
            wait();
            reap();
        }
    }

 private:
    /// The signals of a fresh process, whatever the host program had set up. Those that ask a
    /// service to stop are blocked: when to stop is the server's decision. A new process inherits
    /// the block until it is ready for them, so that a signal sent to its call in between is not
    /// lost. So is SIGPIPE, for nobody's terminal that goes away may end it. Orphans become the
    /// fork server's children, so that none is left as a zombie in a container without an init.
    void become_plain() {
        for (int signal = 1; signal < NSIG; ++signal) {
            ::signal(signal, SIG_DFL);  // the C library refuses those that it needs itself
        }
        struct sigaction on_child {};
        on_child.sa_handler = [](int) {};  // interrupts ppoll(2), nothing else
        on_child.sa_flags = SA_NOCLDSTOP;
        ::sigaction(SIGCHLD, &on_child, nullptr);
        ::sigemptyset(&while_waiting_);
        for (const int signal : {SIGHUP, SIGINT, SIGTERM, SIGPIPE}) {
            ::sigaddset(&while_waiting_, signal);
        }
        sigset_t blocked = while_waiting_;
        ::sigaddset(&blocked, SIGCHLD);
        ::sigprocmask(SIG_SETMASK, &blocked, nullptr);
        ::setpgid(0, 0);
        ::prctl(PR_SET_CHILD_SUBREAPER, 1);
        ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    }

    /// Each process has a pipe for its log. The limit that the server had is given back to the
    /// calls.
    void raise_open_files() {
        ::getrlimit(RLIMIT_NOFILE, &open_files_);
        const rlim_t wanted = layout_.slots() + 2 * completion_descriptor;
        const rlimit raised{std::min(std::max(open_files_.rlim_cur, wanted), open_files_.rlim_max),
                            open_files_.rlim_max};
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
                    spawn(next.process);
                    break;
                case command::kind::kill:
                    kill(next.process, next.signal);
                    break;
                case command::kind::answer:
                    tell({.what = report::kind::ready});
                    break;
            }
        }
    }

    void spawn(process_id process) {
        restful_functions::detail::unique_fd log;
        if (logs_) {
            auto opened = logs_->open(process.slot);
            if (!opened) {
                return tell(
                    {.what = report::kind::fork_failed, .process = process, .value = errno});
            }
            log = std::move(*opened);
        }
        const pid_t parent = ::getpid();
        const pid_t pid = system_.fork();
        if (pid == 0) {
            live_as_child({.parent = parent,
                           .slot_offset = layout_.offset(process.slot),
                           .slot_size = layout_.slot_size(),
                           .log = log.get(),
                           .open_files = open_files_},
                          work_, system_);
        }
        if (pid < 0) {
            const int error = errno;
            close_log(process.slot);
            return tell({.what = report::kind::fork_failed, .process = process, .value = error});
        }
        // The child does the same: whoever is first, no kill finds the group missing.
        ::setpgid(pid, pid);
        roster_[process.slot].store(pid, std::memory_order_relaxed);
        generations_[process.slot] = process.generation;
    }

    /// The process has not been waited for while it stands in the roster, so its number is nobody
    /// else's.
    void kill(process_id process, int signal) {
        const pid_t pid = roster_[process.slot].load(std::memory_order_relaxed);
        if (pid != 0 && generations_[process.slot] == process.generation) kill_group(pid, signal);
    }

    /// A process may have left its group; its own number reaches it all the same, and only once.
    static void kill_group(pid_t pid, int signal) {
        ::kill(-pid, signal);
        if (::getpgid(pid) != pid) ::kill(pid, signal);
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
                tell({.what = report::kind::exited,
                      .process = {slot, generations_[slot]},
                      .value = status,
                      .used = usage_of(used)});
            }
        }
    }

    void close_log(std::uint32_t slot) {
        if (logs_) logs_->close(slot);
    }

    static usage usage_of(const rusage& used) noexcept {
        const auto duration = [](const timeval& time) {
            return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
        };
        return {.user = duration(used.ru_utime),
                .system = duration(used.ru_stime),
                .peak_resident_bytes = static_cast<std::uint64_t>(used.ru_maxrss) * 1024,
                .minor_faults = static_cast<std::uint64_t>(used.ru_minflt),
                .major_faults = static_cast<std::uint64_t>(used.ru_majflt)};
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
                kill_group(pid, SIGKILL);
            }
        }
        for (pid_t child = 0; (child = ::waitpid(-1, nullptr, WNOHANG)) >= 0;) {
            if (child > 0) continue;
            kill_children();
            if (::waitpid(-1, nullptr, 0) < 0) break;
        }
        ::_exit(EXIT_SUCCESS);
    }

    /// All that is left below this process (proc(5), children).
    static void kill_children() {
        if (std::FILE* list = std::fopen("/proc/thread-self/children", "re")) {
            for (pid_t child = 0; std::fscanf(list, "%d", &child) == 1;) ::kill(child, SIGKILL);
            std::fclose(list);
        }
    }

    program& work_;
    operating_system& system_;
    slot_layout layout_;
    std::span<roster_entry> roster_;
    std::vector<std::uint32_t> generations_;
    std::optional<log_pump> logs_;
    std::vector<pollfd> polled_;
    sigset_t while_waiting_{};
    rlimit open_files_{};
    std::array<report, packet_size> reports_{};
    std::size_t reported_ = 0;
};

}  // namespace restful_functions::process
