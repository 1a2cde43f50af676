/// child: the life of a task process. It parks on its slot, serves one call or several of one
/// function, and ends without what the program had registered for its own end.
#pragma once

#include <restful_functions/detail/unique_fd.hpp>
#include <restful_functions/process/crash_handler.hpp>
#include <restful_functions/process/current_call.hpp>
#include <restful_functions/process/descriptors.hpp>
#include <restful_functions/process/exception_text.hpp>
#include <restful_functions/process/exit_fence.hpp>
#include <restful_functions/process/isolation.hpp>
#include <restful_functions/process/memory_cgroup.hpp>
#include <restful_functions/process/open_descriptors.hpp>
#include <restful_functions/process/operating_system.hpp>
#include <restful_functions/process/parking.hpp>
#include <restful_functions/process/pending_output.hpp>
#include <restful_functions/process/process_start.hpp>
#include <restful_functions/process/process_traces.hpp>
#include <restful_functions/process/program.hpp>
#include <restful_functions/process/program_descriptors.hpp>
#include <restful_functions/process/resource_limits.hpp>
#include <restful_functions/process/rewinder.hpp>
#include <restful_functions/process/slot.hpp>
#include <restful_functions/process/start_method.hpp>
#include <restful_functions/process/uncaught_exception.hpp>

#include <cxxabi.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/single_threaded.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>
#include <optional>
#include <string_view>
#include <utility>

namespace restful_functions::process {

/// What the fork server knows and a new process needs.
struct birth {
    pid_t parent = 0;  ///< the fork server
    process_id self{};
    start_method method = start_method::fork;
    const memory_cgroup& memory;
    std::size_t slot_offset = 0;  ///< where the process's slot lies in the arena's file
    std::size_t slot_size = 0;
    int log = -1;         ///< where to write what is printed; -1: where the server does
    rlimit open_files{};  ///< what the server had
    program_descriptors& opened;
};

namespace detail {

/// For the fork server: what is made ready before a fork costs the new process nothing.
/// `has_log`: calls print to a log.
inline void prepare_for_calls(bool has_log) {
    install_crash_handler();
    note_uncaught_exceptions();
    install_last_writes();
    forget_call_in_grandchildren();
    if (has_log) print_by_lines();
    exit_fence::raise();
}

/// A group of its own, and no life beyond the fork server's.
inline void lead_own_group(pid_t fork_server) {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != fork_server) {
        ::_exit(EXIT_FAILURE);  // it died before the line above took effect
    }
}

inline void print_to(int log) {
    if (log < 0) return;
    ::dup2(log, STDOUT_FILENO);
    ::dup2(log, STDERR_FILENO);
}

/// The signals and the number of open files of a fresh process.
inline void be_ordinary(const rlimit& open_files) {
    ::setrlimit(RLIMIT_NOFILE, &open_files);
    struct sigaction ordinary {};
    ordinary.sa_handler = SIG_DFL;
    ::sigaction(SIGCHLD, &ordinary, nullptr);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

/// From here on the process is alone: a group of its own, its own slot, no descriptor of anybody
/// else, the signals of a fresh process, and no life beyond the fork server's.
inline slot leave_home(const birth& from, operating_system& system) {
    lead_own_group(from.parent);
    void* memory = system.mmap(from.slot_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE,
                               arena_descriptor, static_cast<off_t>(from.slot_offset));
    if (memory == MAP_FAILED) ::_exit(EXIT_FAILURE);
    ::madvise(memory, from.slot_size, MADV_DONTFORK);  // a grandchild cannot answer in our place
    print_to(from.log);
    from.opened.close_others(completion_descriptor, completion_descriptor, system);
    from.opened.reopen();
    be_ordinary(from.open_files);
    const slot own(static_cast<std::byte*>(memory), from.slot_size);
    current_slot = &own.header();
    printing_process = ::getpid();
    crash_slot = own;
    return own;
}

/// Not inlined: a backtrace ends where this is (backtrace.hpp knows its mangled name).
[[gnu::noinline]] inline verdict run_call(program& work, slot_header& header,
                                          std::string_view input, window& output) {
    try {
        work.run(header.entry, input, output);
        return output.overflow ? verdict::too_large : verdict::returned;
    } catch (const std::bad_alloc&) {
        output.size = 0;
        return verdict::out_of_memory;
    } catch (const std::exception& error) {
        output.type_size = write_exception(output, error.what());
    } catch (abi::__forced_unwind&) {
        // pthread_exit(3) would go on to destroy the objects of the program's main().
        std::exit(EXIT_SUCCESS);
    } catch (...) {
        output.type_size = write_exception(output, nullptr);
    }
    return verdict::threw;
}

/// Puts the limits of the function that is about to be called on this process.
inline void apply_limits(const birth& from, const limits& its) {
    if (its.memory) from.memory.enter(from.self, memory_of_all(*its.memory, from.slot_size));
    apply(its);
}

/// Puts the trace of this call, or none, into the environment. An own copy of the text: the slot is
/// written to again.
inline void set_trace(slot_header& header) {
    static bool is_set = false;
    if (header.trace[0] != '\0') {
        header.trace[sizeof header.trace - 1] = '\0';
        is_set = ::setenv("TRACEPARENT", header.trace, 1) == 0;
    } else if (std::exchange(is_set, false)) {
        ::unsetenv("TRACEPARENT");
    }
}

/// Runs the call that lies in the slot and leaves its result there.
inline void serve(slot own, program& work, pid_t self) {
    slot_header& header = own.header();
    set_trace(header);
    header.waiting.store(0, std::memory_order_relaxed);
    header.state.store(slot_state::running, std::memory_order_release);
    window output{own.payload(), own.capacity()};
    const std::string_view input(own.payload(),
                                 std::min<std::size_t>(header.input_size, own.capacity()));
    const verdict result = run_call(work, header, input, output);
    if (::getpid() != self) {
        // The function forked and both sides returned: only one of them has a client.
        ::_exit(EXIT_SUCCESS);
    }
    flush_standard_output();
    clean_ups::let_finish();
    header.result = result;
    if (result == verdict::returned || result == verdict::threw)
        header.type_size = static_cast<std::uint32_t>(output.type_size);
    header.output_size = output.size;
}

/// Tells the server that the result is there. false: it could not be told, because the function has
/// closed the descriptor; it looks when the process has ended.
inline bool announce(slot own) {
    auto state = slot_state::running;
    if (!own.header().state.compare_exchange_strong(state, slot_state::done,
                                                    std::memory_order_acq_rel)) {
        for (;;) ::pause();  // another thread is dying, and has the slot
    }
    const std::uint64_t one = 1;
    return ::write(completion_descriptor, &one, sizeof one) == sizeof one;
}

/// Whether this is the only thread: /proc/self/task has a directory for each (proc(5)).
inline bool is_single_threaded() {
    struct stat tasks {};
    return __libc_single_threaded != 0 ||
           (::stat("/proc/self/task", &tasks) == 0 && tasks.st_nlink == 3);
}

/// Ends what concerns this call alone, and writes down what the server wants to know of it.
/// `has_kin`: there were children before the first call, so that those of calls are not told apart.
inline void describe_stay(const birth& from, slot_header& header, bool stays, bool has_kin) {
    // Another thread may hold the lock of a stream for as long as it likes.
    if (is_single_threaded()) std::fflush(nullptr);
    clean_ups::forget();
    // Where the call was to stop there is no next one, and the signal may come only now.
    if (header.stop_requested.load(std::memory_order_relaxed) == 0) give_sigterm_back();
    header.stays = stays && (has_kin || process_traces::is_alone()) ? 1 : 0;
    if (from.log >= 0) {
        ::fcntl(log_descriptor, F_SETFL, 0);  // the call may have made it non-blocking
        int unread = 0;
        ::ioctl(log_descriptor, FIONREAD, &unread);
        header.unlogged = static_cast<std::uint32_t>(unread);
    }
    rusage own{};
    rusage of_children{};
    ::getrusage(RUSAGE_SELF, &own);
    ::getrusage(RUSAGE_CHILDREN, &of_children);
    header.used = usage_of(own) + usage_of(of_children);
}

/// Runs the program's hook. false: it has failed, and so has the next call.
inline bool prepare(slot own, program& work) {
    hook_failure failure;
    if (run_hook(work, own.header(), failure)) return true;
    if (failure.answer(own)) announce(own);
    return false;
}

/// What exit handlers print when the log of their call is complete is in no log.
inline bool open_nowhere() {
    const restful_functions::detail::unique_fd opened(::open("/dev/null", O_WRONLY | O_CLOEXEC));
    return ::dup3(opened.get(), nowhere_descriptor, O_CLOEXEC) >= 0;
}

/// Serves call after call of one function; under isolation::rewind each in the memory that the
/// first one found.
inline void serve_many(const birth& from, slot own, program& work, pid_t self, call_policy its) {
    slot_header& header = own.header();
    const bool keeps_memory = its.isolation != isolation::rewind;
    const bool has_kin = its.isolation == isolation::spawn && !process_traces::is_alone();
    ::dup3(STDOUT_FILENO, log_descriptor, O_CLOEXEC);
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    const limits_of_each_call of_each(its.limits);
    apply_limits(from, its.limits);
    std::optional<rewinder> pristine;
    if (!keeps_memory && (from.log < 0 || open_nowhere())) {
        static_assert(rewinder::descriptors <= own_descriptors - 5);
        pristine =
            rewinder::mark(image_descriptor - rewinder::descriptors, &header.why_not_rewound);
        from.opened.put_back();
    }
    // From here on for each call anew where the process is rewound.
    open_descriptors of_hook;
    if (from.method == start_method::bare_fork) {
        const auto before = open_descriptors::now();
        if (!prepare(own, work)) return;
        of_hook = open_descriptors::now().since(before);
    }
    while (wait_for_call(own)) {
        of_each.begin();
        serve(own, work, self);
        of_each.end();
        const bool stays = keeps_memory || (pristine && is_single_threaded());
        describe_stay(from, header, stays, has_kin);
        if (!announce(own) || !stays) return;
        if (pristine) {
            // The slot may have its next call.
            current_slot = nullptr;
            if (from.log >= 0) print_to(nowhere_descriptor);
            const auto go_back = [&] {
                if (from.log >= 0) print_to(log_descriptor);
                of_hook.close();
                pristine->rewind();  // goes on behind mark(), unless it cannot be put back
            };
            exit_fence::leave_by(go_back);
        }
    }
}

/// Serves what comes to the slot, and ends. What an exit handler throws must not reach a handler of
/// the program's main(), and destroy that one's objects on the way.
[[noreturn]] inline void serve_calls(const birth& from, slot own, program& work) noexcept {
    const pid_t self = ::getpid();
    work.warm_up(own.header().entry);
    const bool is_ready =
        from.method == start_method::bare_fork || !work.has_hook() || prepare(own, work);
    if (is_ready && wait_for_call(own)) {
        call_policy its = work.policy_of(own.header().entry);
        its.isolation = own.header().how;
        if (its.isolation == isolation::process) {
            apply_limits(from, its.limits);
            serve(own, work, self);
            announce(own);
            if (own.header().gives_way) ::sched_yield();
        } else {
            serve_many(from, own, work, self, its);
        }
    }
    exit_fence::leave();
}

}  // namespace detail

/// The whole life of a forked task process.
[[noreturn]] inline void live_as_child(const birth& from, program& work,
                                       operating_system& system) noexcept {
    detail::serve_calls(from, detail::leave_home(from, system), work);
}

}  // namespace restful_functions::process
