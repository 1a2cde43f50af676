/// exit_fence: what runs when a process of a call ends: the exit handlers and destructors that the
/// call has registered, and none that the program had registered before.
#pragma once

#include <restful_functions/process/pending_output.hpp>

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <new>

namespace restful_functions::process::detail {

/// The C library has it for compilers, and no header for it. The handler gets the status, too.
extern "C" int __cxa_at_quick_exit(void (*handler)(void*, int), void* module);  // NOLINT

/// exit(3) runs handlers in the reverse order of their registration, static objects' destructors
/// among them: one that was registered before the first call, and ends the process, keeps it from
/// the program's. The thread_local objects of the thread that calls exit(3) are destroyed before
/// any handler runs, also those that the program has made in that thread.
class exit_fence {
 public:
    /// For the fork server, whose processes inherit it. Throws std::bad_alloc.
    static void raise() {
        if (::on_exit([](int status, void*) { end(status); }, nullptr) != 0 ||
            __cxa_at_quick_exit([](void*, int status) { end(status); }, nullptr) != 0) {
            throw std::bad_alloc();
        }
    }

    /// Ends the process of a call that has returned. What a handler throws must not find one who
    /// catches it in the program's main(), and destroy the objects of that on the way.
    [[noreturn]] static void leave() noexcept { std::exit(EXIT_SUCCESS); }

    /// Does the same, but `last` runs behind the call's handlers, and the process ends only if it
    /// returns.
    template <class Last>
    [[noreturn]] static void leave_by(const Last& last) noexcept {
        last_ = [](const void* function) { (*static_cast<const Last*>(function))(); };
        of_last_ = &last;
        leave();
    }

 private:
    [[noreturn]] static void end(int status) {
        flush_standard_output();
        std::fflush(nullptr);
        if (last_ != nullptr && status == EXIT_SUCCESS) last_(of_last_);
        ::_exit(status);
    }

    static inline void (*last_)(const void*) = nullptr;
    static inline const void* of_last_ = nullptr;
};

}  // namespace restful_functions::process::detail
