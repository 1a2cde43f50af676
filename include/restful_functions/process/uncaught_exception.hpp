/// uncaught_exception: the words of an exception, also of one that no thread of a call has caught.
#pragma once

#include <restful_functions/process/crash_handler.hpp>
#include <restful_functions/process/current_call.hpp>
#include <restful_functions/process/exception_text.hpp>
#include <restful_functions/process/program.hpp>
#include <restful_functions/process/slot.hpp>

#include <cxxabi.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <new>
#include <string_view>
#include <typeinfo>

namespace restful_functions::process::detail {

/// Leaves the exception that is being handled in the slot, which has been taken over. The end of
/// the payload is where the function, which may go on in another thread, writes last.
inline void note_uncaught(slot own) {
    constexpr std::size_t most = std::size_t{64} * 1024;
    const std::size_t room = std::min(own.capacity(), most);
    window text{own.payload() + own.capacity() - room, room};
    auto result = verdict::threw;
    try {
        throw;
    } catch (const std::bad_alloc&) {
        result = verdict::out_of_memory;
    } catch (const std::exception& error) {
        text.type_size = write_exception(text, error.what());
    } catch (...) {
        text.type_size = write_exception(text, nullptr);
    }
    uncaught_note& note = own.header().uncaught;
    note.begin = own.capacity() - room;
    note.size = text.size;
    note.type_size = static_cast<std::uint32_t>(text.type_size);
    note.result = result;
}

/// What the program has installed, or the C++ library.
inline std::terminate_handler terminate_of_program = nullptr;

/// What std::terminate() calls. Without an exception, as for a std::thread that was not joined, the
/// process aborts, and that is a crash.
[[noreturn]] inline void on_terminate_called() {
    static std::atomic<pid_t> thrown_in{0};
    if (current_slot != nullptr && abi::__cxa_current_exception_type() != nullptr) {
        const pid_t self = ::gettid();
        pid_t first = 0;
        if (!thrown_in.compare_exchange_strong(first, self) && first != self) {
            for (;;) ::pause();  // another thread has thrown, and the process ends by that
        }
        if (first == 0 && take_slot_over()) note_uncaught(crash_slot);
    }
    if (terminate_of_program != nullptr) terminate_of_program();
    std::abort();
}

/// For the fork server, whose processes inherit it.
inline void note_uncaught_exceptions() {
    terminate_of_program = std::set_terminate(on_terminate_called);
}

}  // namespace restful_functions::process::detail
