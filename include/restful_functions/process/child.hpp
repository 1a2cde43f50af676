/// child: the life of a task process. It parks on its slot, serves one call and ends with _exit.
#pragma once

#include <restful_functions/process/crash_handler.hpp>
#include <restful_functions/process/current_call.hpp>
#include <restful_functions/process/operating_system.hpp>
#include <restful_functions/process/program.hpp>
#include <restful_functions/process/resource_limits.hpp>
#include <restful_functions/process/slot.hpp>

#include <cxxabi.h>
#include <sys/prctl.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <iostream>
#include <new>
#include <string_view>
#include <typeinfo>

namespace restful_functions::process {

/// Descriptors of a task process have fixed numbers, above those that a function's own open() calls
/// get first: a function that closes everything and opens a file does not find its file under the
/// completion's number. They lie below 64, where the kernel copies a descriptor table at fork
/// without allocating one, as long as not many calls print at the same time.
inline constexpr int channel_descriptor = 61;     ///< fork server only: towards the server
inline constexpr int arena_descriptor = 62;       ///< fork server only: the file behind the slots
inline constexpr int completion_descriptor = 63;  ///< tells the server that a slot is done

/// What the fork server knows and a new process needs.
struct birth {
    pid_t parent = 0;             ///< the fork server
    std::size_t slot_offset = 0;  ///< where the process's slot lies in the arena's file
    std::size_t slot_size = 0;
    int log = -1;         ///< where to write what is printed; -1: where the server does
    rlimit open_files{};  ///< what the server had
};

namespace detail {

/// From here on the process is alone: a group of its own, its own slot, no descriptor of anybody
/// else, the signals of a fresh process, and no life beyond the fork server's.
inline slot leave_home(const birth& from, operating_system& system) {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != from.parent) {
        ::_exit(EXIT_FAILURE);  // the fork server died before the line above took effect
    }
    void* memory = system.mmap(from.slot_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE,
                               arena_descriptor, static_cast<off_t>(from.slot_offset));
    if (memory == MAP_FAILED) ::_exit(EXIT_FAILURE);
    ::madvise(memory, from.slot_size, MADV_DONTFORK);  // a grandchild cannot answer in our place
    if (from.log >= 0) {
        ::dup2(from.log, STDOUT_FILENO);
        ::dup2(from.log, STDERR_FILENO);
    }
    ::close_range(STDERR_FILENO + 1, completion_descriptor - 1, 0);
    ::close_range(completion_descriptor + 1, ~0U, 0);
    ::setrlimit(RLIMIT_NOFILE, &from.open_files);
    ::signal(SIGCHLD, SIG_DFL);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    const slot own(static_cast<std::byte*>(memory), from.slot_size);
    set_current_slot(&own.header());
    install_crash_handler(own);
    return own;
}

/// Blocks until a call lies in the slot, which may already be so.
inline void park(slot own) {
    auto state = slot_state::vacant;
    own.header().state.compare_exchange_strong(state, slot_state::parked,
                                               std::memory_order_acq_rel);
    own.wait_while(slot_state::parked);
    own.header().state.store(slot_state::running, std::memory_order_release);
}

/// Adds a sentence to what the window holds, cut where the window ends.
inline void append(window& output, std::string_view sentence) {
    const std::size_t size = std::min(sentence.size(), output.capacity - output.size);
    std::memcpy(output.data + output.size, sentence.data(), size);
    output.size += size;
}

/// Replaces what the window holds with the type of the exception that is being handled, demangled,
/// and then `what`, or where it has none, a sentence that names the type.
inline void write_exception(slot_header& header, window& output, const char* what) {
    const std::type_info* type = abi::__cxa_current_exception_type();
    const char* mangled = type != nullptr ? type->name() : "unknown";
    char* demangled = abi::__cxa_demangle(mangled, nullptr, nullptr, nullptr);
    const std::string_view name(demangled != nullptr ? demangled : mangled);
    output.size = 0;
    append(output, name);
    header.type_size = static_cast<std::uint32_t>(output.size);
    if (what != nullptr) {
        append(output, what);
    } else {
        append(output, "uncaught exception of type ");
        append(output, name);
    }
    std::free(demangled);
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
        write_exception(header, output, error.what());
    } catch (...) {
        write_exception(header, output, nullptr);
    }
    return verdict::threw;
}

}  // namespace detail

/// The whole life of a task process. `run` is called at most once.
[[noreturn]] inline void live_as_child(const birth& from, program& work, operating_system& system) {
    const slot own = detail::leave_home(from, system);
    const pid_t self = ::getpid();
    work.warm_up();
    detail::park(own);

    slot_header& header = own.header();
    window output{own.payload(), own.capacity()};
    const std::string_view input(own.payload(),
                                 std::min<std::size_t>(header.input_size, own.capacity()));
    apply(work.limits_of(header.entry));
    const verdict result = detail::run_call(work, header, input, output);
    if (::getpid() != self) {
        // The function forked and both sides returned: only one of them has a client.
        ::_exit(EXIT_SUCCESS);
    }
    // What was printed is out before the client hears of the result.
    std::cout.flush();
    std::fflush(stdout);
    detail::clean_ups::let_finish();
    header.result = result;
    header.output_size = output.size;
    auto state = slot_state::running;
    if (!header.state.compare_exchange_strong(state, slot_state::done, std::memory_order_acq_rel)) {
        for (;;) ::pause();  // another thread is dying, and has the slot
    }
    const std::uint64_t one = 1;
    // A function that closed the descriptor only delays its result: the server also looks when the
    // process has ended.
    [[maybe_unused]] const auto written = ::write(completion_descriptor, &one, sizeof one);
    std::fflush(nullptr);
    ::_exit(EXIT_SUCCESS);
}

}  // namespace restful_functions::process
