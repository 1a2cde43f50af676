/// crash_handler: the last words of a task process that a signal kills: which signal, where, and
/// the frames that led there.
#pragma once

#include <restful_functions/process/backtrace.hpp>
#include <restful_functions/process/current_call.hpp>
#include <restful_functions/process/parking.hpp>
#include <restful_functions/process/pending_output.hpp>
#include <restful_functions/process/slot.hpp>

#include <cxxabi.h>

#include <atomic>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <typeinfo>

namespace restful_functions::process::detail {

/// Where the handler writes, and how much room there is.
inline slot crash_slot{nullptr, 0};

/// Whether the kernel says in si_addr what a signal is about (sigaction(2)).
inline bool has_address(const siginfo_t& info) noexcept {
    const int signal = info.si_signo;
    return info.si_code > 0 && (signal == SIGSEGV || signal == SIGBUS || signal == SIGFPE ||
                                signal == SIGILL || signal == SIGTRAP);
}

/// std::terminate was called for an exception that nobody caught, and it is one of these.
inline bool is_of_bad_alloc(int signal) noexcept {
    const std::type_info* type = signal == SIGABRT ? abi::__cxa_current_exception_type() : nullptr;
    return type != nullptr && (std::strcmp(type->name(), "St9bad_alloc") == 0 ||
                               std::strcmp(type->name(), "St20bad_array_new_length") == 0);
}

/// The payload belongs to the function until it has returned, and to nobody while a call waits in
/// it: only the step from `running` gives it to the handler.
inline bool take_slot_over() noexcept {
    auto state = slot_state::running;
    // A crash of the program's hook is that of the call for which it was made ready.
    if (crash_slot.header().stage.load(std::memory_order_acquire) == start_stage::hook) {
        if (!wait_for_call_to_fail(crash_slot)) return false;
        state = slot_state::called;
    }
    return crash_slot.header().state.compare_exchange_strong(state, slot_state::crashed,
                                                             std::memory_order_acq_rel);
}

inline void describe_crash(const siginfo_t& info, const void* context) noexcept {
    // What deadlocks in here, on a lock that the crash has left behind, must still end.
    ::signal(SIGALRM, SIG_DFL);
    sigset_t alarm;
    ::sigemptyset(&alarm);
    ::sigaddset(&alarm, SIGALRM);
    ::pthread_sigmask(SIG_UNBLOCK, &alarm, nullptr);
    ::alarm(2);
    slot_header& header = crash_slot.header();
    if (is_of_bad_alloc(info.si_signo)) {
        header.result = verdict::out_of_memory;
        header.output_size = 0;
        header.state.store(slot_state::done, std::memory_order_release);
        return;
    }
    crash_note& note = header.crash;
    note.has_address = has_address(info) ? 1 : 0;
    note.address = reinterpret_cast<std::uintptr_t>(info.si_addr);
    note.signal = info.si_signo;
    // Names as the linker knows them need nothing that a crash can have broken; readable ones need
    // the heap. Should that fail, the first stay.
    const frames seen(context);
    bounded_text text(crash_slot.payload(), crash_slot.capacity(), &note.backtrace_size);
    append_frames(text, seen, as_the_linker_knows_it);
    const std::size_t size = text.size();
    std::uint64_t unpublished = 0;
    bounded_text readable(crash_slot.payload() + size, crash_slot.capacity() - size, &unpublished);
    append_frames(readable, seen, readably);
    note.backtrace_begin = size;
    note.backtrace_size = readable.size();
}

inline void on_crash(int signal, siginfo_t* info, void* context) {
    static std::atomic<pid_t> crashed_thread{0};
    const pid_t self = ::gettid();
    pid_t first = 0;
    if (!crashed_thread.compare_exchange_strong(first, self) && first != self) {
        for (;;) ::pause();  // another thread is dying, and this one with it
    }
    if (first == 0 && current_slot != nullptr && take_slot_over()) describe_crash(*info, context);
    if (first == 0 && current_slot != nullptr) write_waiting_output(interrupted::own_fault);
    // The signal is blocked while its handler runs, and kills when the handler has returned.
    ::signal(signal, SIG_DFL);
    ::raise(signal);
}

enum class crash_signals {
    all,
    unhandled,  ///< those that the program leaves to the system
};

/// For the fork server, whose processes inherit it: from the moment on that `crash_slot` is one's
/// own slot, a crash is described there. The handler has a stack of its own, for the crash may be
/// that of the stack; of this thread only, for each thread would need its own.
inline void install_crash_handler(crash_signals which = crash_signals::all) {
    // Loads what unwinding needs, so that no process has to load it while it dies.
    void* frame = nullptr;
    ::backtrace(&frame, 1);
    alignas(16) static std::byte handler_stack[256 * 1024];
    stack_t stack{};
    stack.ss_sp = handler_stack;
    stack.ss_size = sizeof handler_stack;
    ::sigaltstack(&stack, nullptr);
    struct sigaction action {};
    action.sa_sigaction = on_crash;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS}) {
        struct sigaction present {};
        ::sigaction(signal, nullptr, &present);
        const bool is_handled =
            (present.sa_flags & SA_SIGINFO) != 0 || present.sa_handler != SIG_DFL;
        if (which == crash_signals::unhandled && is_handled) continue;
        ::sigaction(signal, &action, nullptr);
    }
}

}  // namespace restful_functions::process::detail
