/// process_traces: what a function may change of its process beside memory, and whether it has.
#pragma once

#include <restful_functions/detail/unique_fd.hpp>
#include <restful_functions/process/memory_map.hpp>
#include <restful_functions/process/page_scan.hpp>
#include <restful_functions/process/status_text.hpp>

#include <fcntl.h>
#include <linux/ioprio.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstddef>
#include <cstdint>

namespace restful_functions::process {

/// Of a process with one thread and no children. It does not see what the process has done to
/// others, as to files, to semaphores or to a grandchild that has become an orphan, nor what takes
/// privileges beside its root directory, ids and capabilities, nor one eventfd(2) or epoll(7) that
/// dup2(2) has put in the place of another, nor the time that a timer of before is set to.
class process_traces {
 public:
    static constexpr int descriptors = 5;

    /// Whether the kernel lists timers, which not every one is built to.
    [[nodiscard]] static bool available() noexcept {
        return ::access("/proc/self/timers", R_OK) == 0;
    }

    /// Remembers how things are. It takes the descriptors from `first` on; those up to `last` are
    /// the caller's, who notices himself when they are gone. false: the system does not tell.
    [[nodiscard]] bool take(int first, int last) noexcept {
        status_ = first;
        open_files_ = first + 1;
        timers_ = first + 2;
        oom_score_ = first + 3;
        directory_ = first + 4;
        if (!open("/proc/self/status", O_RDONLY, status_) ||
            !open("/proc/self/fd", O_RDONLY | O_DIRECTORY, open_files_) ||
            !open("/proc/self/timers", O_RDONLY, timers_) ||
            !open("/proc/self/oom_score_adj", O_RDONLY, oom_score_) ||
            !open(".", O_PATH | O_DIRECTORY, directory_)) {
            return false;
        }
        umask_ = ::umask(0);
        ::umask(umask_);
        list_actions();
        return list_files(first, last) && describe(then_);
    }

    /// The sizes of the mappings are part of it: to be called when all have been made. false: there
    /// is another thread.
    [[nodiscard]] bool take_status() noexcept {
        return status_then_.read(status_) && compare_status() == status::same;
    }

    /// Puts back what one call puts back. false: it does not work any more.
    [[nodiscard]] bool put_back() const noexcept {
        ::umask(umask_);
        for (const open_file& file : files_) ::fcntl(file.number, F_SETFL, file.flags);
        for (const int signal : untold_) put_back_action(signal);
        return ::fchdir(directory_) == 0;
    }

    /// put_back() sees to those whose changes the status does not tell.
    void put_back_all_actions() const noexcept {
        for (int signal = 1; signal <= last_signal; ++signal) put_back_action(signal);
    }

    /// There is no child, not even one that has ended.
    [[nodiscard]] static bool is_alone() noexcept {
        siginfo_t child{};
        return ::waitid(P_ALL, 0, &child, WEXITED | WNOHANG | WNOWAIT | __WALL) != 0;
    }

    /// Whether all is as it was, but perhaps for the status.
    [[nodiscard]] bool unchanged() noexcept {
        return is_alone() && describe(now_) && now_ == then_;
    }

    enum class status { same, differs, more_threads };

    [[nodiscard]] status compare_status() noexcept {
        if (!status_now_.read(status_) || !status_now_.has_one_thread()) {
            return status::more_threads;
        }
        return status_now_.same_as(status_then_) ? status::same : status::differs;
    }

 private:
    static constexpr int last_signal = 64;

    /// struct sigaction as the kernel has it: the C library's call keeps some signals to itself.
    using kernel_action = std::array<std::uint64_t, 4>;

    /// Other processes may share its flags, such as O_NONBLOCK: to replace this one would leave
    /// them as they are.
    struct open_file {
        int number;
        int flags;
    };

    /// Numbers in a fixed order.
    class facts {
     public:
        template <class... Numbers>
        void add(Numbers... numbers) noexcept {
            complete_ = (list_.push_back(static_cast<std::uint64_t>(numbers)) && ...) && complete_;
        }

        /// Zeros fill its last number.
        void add_text_of(int file) noexcept {
            std::array<std::uint64_t, 256> text{};
            const ssize_t size = ::pread(file, text.data(), sizeof text, 0);
            add(size);
            for (ssize_t at = 0; at < size; at += ssize_t{sizeof text[0]}) {
                add(text[static_cast<std::size_t>(at) / sizeof text[0]]);
            }
            complete_ = complete_ && size < ssize_t{sizeof text};
        }

        void clear() noexcept {
            list_.clear();
            complete_ = true;
        }

        [[nodiscard]] bool complete() const noexcept { return complete_; }

        bool operator==(const facts& other) const noexcept {
            return std::equal(list_.begin(), list_.end(), other.list_.begin(), other.list_.end());
        }

     private:
        bounded_list<std::uint64_t, 4096> list_;
        bool complete_ = true;
    };

    static bool open(const char* path, int flags, int number) noexcept {
        const restful_functions::detail::unique_fd opened(::open(path, flags | O_CLOEXEC));
        return detail::keep_as(number, opened);
    }

    /// Since Linux 6.2, the size of /proc/self/fd is the number of open descriptors (proc(5)).
    [[nodiscard]] std::uint64_t count_open_files() const noexcept {
        struct stat found {};
        return ::fstat(open_files_, &found) == 0 ? static_cast<std::uint64_t>(found.st_size) : 0;
    }

    bool list_files(int first, int last) noexcept {
        const std::uint64_t count = count_open_files();
        std::uint64_t found = 0;
        for (int number = 0; found < count; ++number) {
            if (::fcntl(number, F_GETFD) < 0) continue;
            ++found;
            if (number >= first && number <= last) continue;
            if (!files_.push_back({number, ::fcntl(number, F_GETFL)})) return false;
        }
        return count != 0;
    }

    static void act(int signal, const kernel_action* wanted, kernel_action* old) noexcept {
        ::syscall(SYS_rt_sigaction, signal, wanted, old, std::size_t{last_signal / 8});
    }

    /// SIGCHLD's flags matter without a handler, too: SA_NOCLDWAIT reaps children unseen.
    void list_actions() noexcept {
        for (int signal = 1; signal <= last_signal; ++signal) {
            kernel_action& action = actions_[static_cast<std::size_t>(signal)];
            act(signal, nullptr, &action);
            const bool caught = action[0] > reinterpret_cast<std::uintptr_t>(SIG_IGN);
            if (caught || signal == SIGCHLD) untold_.push_back(signal);
        }
    }

    void put_back_action(int signal) const noexcept {
        act(signal, &actions_[static_cast<std::size_t>(signal)], nullptr);
    }

    /// false: it is too much to be remembered.
    [[nodiscard]] bool describe(facts& list) const noexcept {
        list.clear();
        describe_files(list);
        describe_signals(list);
        describe_limits(list);
        describe_scheduling(list);
        return list.complete();
    }

    void describe_files(facts& list) const noexcept {
        list.add(count_open_files());
        struct stat seen {};
        for (const open_file& file : files_) {
            const int found = ::fstat(file.number, &seen);
            list.add(found, seen.st_dev, seen.st_ino, ::fcntl(file.number, F_GETFD),
                     ::fcntl(file.number, F_GETFL));
        }
        ::stat("/", &seen);
        list.add(seen.st_dev, seen.st_ino);
    }

    void describe_signals(facts& list) const noexcept {
        stack_t stack{};
        ::sigaltstack(nullptr, &stack);
        list.add(reinterpret_cast<std::uintptr_t>(stack.ss_sp), stack.ss_size, stack.ss_flags);
        for (const auto which : {ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF}) {
            itimerval timer{};
            ::getitimer(which, &timer);
            list.add(timer.it_value.tv_sec, timer.it_value.tv_usec);
        }
        list.add_text_of(timers_);
    }

    /// The soft limit of processor time is the caller's: it has to rise from call to call. The old
    /// system call costs half of the C library's prlimit(2).
    static void describe_limits(facts& list) noexcept {
        for (int resource = 0; resource < RLIM_NLIMITS; ++resource) {
            rlimit limit{};
            ::syscall(SYS_getrlimit, resource, &limit);
            list.add(resource == RLIMIT_CPU ? 0 : limit.rlim_cur, limit.rlim_max);
        }
    }

    void describe_scheduling(facts& list) const noexcept {
        // struct sched_attr, whose header does not go together with the C library's <sched.h>.
        std::array<std::uint64_t, 6> policy{};
        ::syscall(SYS_sched_getattr, 0, policy.data(), sizeof policy, 0);
        for (const std::uint64_t part : policy) list.add(part);
        list.add(::syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, 0));
        int death_signal = 0;
        ::prctl(PR_GET_PDEATHSIG, &death_signal);
        int adopts_orphans = 0;
        ::prctl(PR_GET_CHILD_SUBREAPER, &adopts_orphans);
        list.add(::personality(0xffffffff));
        list.add_text_of(oom_score_);
        list.add(death_signal, adopts_orphans, ::prctl(PR_GET_DUMPABLE),
                 ::prctl(PR_GET_TIMERSLACK));
    }

    int status_ = -1;
    int open_files_ = -1;
    int timers_ = -1;
    int oom_score_ = -1;
    int directory_ = -1;
    mode_t umask_ = 0;
    bounded_list<open_file, 1024> files_;    ///< but for ours
    bounded_list<int, last_signal> untold_;  ///< the signals that have a handler, and SIGCHLD
    std::array<kernel_action, last_signal + 1> actions_{};
    facts then_;
    facts now_;
    status_text status_then_;
    status_text status_now_;
};

}  // namespace restful_functions::process
