/// crash_handler: the last words of a task process that a signal kills: which signal, where, and
/// the frames that led there.
#pragma once

#include <restful_functions/process/current_call.hpp>
#include <restful_functions/process/elf_symbols.hpp>
#include <restful_functions/process/slot.hpp>

#include <cxxabi.h>
#include <dlfcn.h>
#include <execinfo.h>
#include <link.h>
#include <ucontext.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <typeinfo>

namespace restful_functions::process::detail {

/// Where the handler writes, and how much room there is.
inline slot crash_slot{nullptr, 0};

/// Text in a fixed room, for use in a signal handler.
class bounded_text {
 public:
    bounded_text(char* begin, std::size_t capacity) noexcept : begin_(begin), capacity_(capacity) {}

    void append(std::string_view text) noexcept {
        const std::size_t size = std::min(text.size(), capacity_ - size_);
        std::memcpy(begin_ + size_, text.data(), size);
        size_ += size;
    }

    void append_hex(std::uint64_t number) noexcept {
        std::array<char, 2 + 16> digits;
        std::size_t first = digits.size();
        do {
            digits[--first] = "0123456789abcdef"[number % 16];
            number /= 16;
        } while (number != 0);
        digits[--first] = 'x';
        digits[--first] = '0';
        append({digits.data() + first, digits.size() - first});
    }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }

 private:
    char* begin_;
    std::size_t capacity_;
    std::size_t size_ = 0;
};

/// The program or library that an address lies in.
struct module_of {
    std::uintptr_t address;
    std::uintptr_t base = 0;
    const char* path = nullptr;  ///< empty for the program itself; null when there is none

    explicit module_of(std::uintptr_t wanted) noexcept : address(wanted) {
        ::dl_iterate_phdr(
            [](dl_phdr_info* info, std::size_t, void* self) noexcept {
                return static_cast<module_of*>(self)->is(*info) ? 1 : 0;
            },
            this);
    }

 private:
    bool is(const dl_phdr_info& info) noexcept {
        for (const ElfW(Phdr)* part = info.dlpi_phdr; part != info.dlpi_phdr + info.dlpi_phnum;
             ++part) {
            if (part->p_type == PT_LOAD &&
                address - info.dlpi_addr - part->p_vaddr < part->p_memsz) {
                base = info.dlpi_addr;
                path = info.dlpi_name;
                return true;
            }
        }
        return false;
    }
};

/// "mangled+0x12 module", ended by a line feed. `at` is in the instruction that the frame executes.
inline void append_frame(bounded_text& text, std::uintptr_t address, std::uintptr_t at) noexcept {
    const module_of module(at);
    if (module.path == nullptr) {
        text.append("?+");
        text.append_hex(address);
        return text.append(" ?\n");
    }
    const bool is_program = module.path[0] == '\0';
    const elf_symbols symbols(is_program ? "/proc/self/exe" : module.path);
    Dl_info exported{};
    if (const auto symbol = symbols.find(at - module.base); !symbol.name.empty()) {
        text.append(symbol.name);
        text.append("+");
        text.append_hex(symbol.offset + (address - at));
    } else if (::dladdr(reinterpret_cast<void*>(at), &exported) != 0 &&
               exported.dli_sname != nullptr) {
        text.append(exported.dli_sname);
        text.append("+");
        text.append_hex(address - reinterpret_cast<std::uintptr_t>(exported.dli_saddr));
    } else {
        text.append("?+");
        text.append_hex(address - module.base);
    }
    const std::string_view path(is_program ? ::program_invocation_short_name : module.path);
    text.append(" ");
    text.append(path.substr(path.rfind('/') + 1));
    text.append("\n");
}

/// The instruction that was interrupted; 0 where this file does not know the processor.
inline std::uintptr_t interrupted_instruction(const void* context) noexcept {
    [[maybe_unused]] const auto& machine = static_cast<const ucontext_t*>(context)->uc_mcontext;
#if defined(__x86_64__)
    return static_cast<std::uintptr_t>(machine.gregs[REG_RIP]);
#elif defined(__aarch64__)
    return machine.pc;
#else
    return 0;
#endif
}

inline void write_backtrace(bounded_text& text, const void* context) noexcept {
    std::array<void*, 64> frames;
    const int found = ::backtrace(frames.data(), static_cast<int>(frames.size()));
    const auto* end = frames.data() + std::max(found, 0);
    const std::uintptr_t crashed_at = interrupted_instruction(context);
    // Before the instruction that was interrupted come the frames of this handler. Where it is not
    // in the list, as after a call of a null pointer, the whole list is better than none.
    const auto* frame =
        std::find(frames.data(), const_cast<void**>(end), reinterpret_cast<void*>(crashed_at));
    frame = frame == end ? frames.data() : frame;
    for (; frame != end; ++frame) {
        const auto address = reinterpret_cast<std::uintptr_t>(*frame);
        // A return address may lie behind the last instruction of its function.
        append_frame(text, address, address == crashed_at ? address : address - 1);
    }
}

/// Whether the kernel says in si_addr what a signal is about (sigaction(2)).
inline bool has_address(const siginfo_t& info) noexcept {
    const int signal = info.si_signo;
    return info.si_code > 0 && (signal == SIGSEGV || signal == SIGBUS || signal == SIGFPE ||
                                signal == SIGILL || signal == SIGTRAP);
}

/// std::terminate was called for an exception that nobody caught, and it is this one.
inline bool is_of_bad_alloc(int signal) noexcept {
    const std::type_info* type = signal == SIGABRT ? abi::__cxa_current_exception_type() : nullptr;
    return type != nullptr && std::strcmp(type->name(), "St9bad_alloc") == 0;
}

inline void describe_crash(const siginfo_t& info, const void* context) noexcept {
    // What deadlocks in here, on a lock that the crash has left behind, must still end.
    ::signal(SIGALRM, SIG_DFL);
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
    note.signal.store(info.si_signo, std::memory_order_release);
    bounded_text text(crash_slot.payload(), crash_slot.capacity());
    write_backtrace(text, context);
    note.backtrace_size = text.size();
}

inline void on_crash(int signal, siginfo_t* info, void* context) {
    static std::atomic<pid_t> crashed_thread{0};
    const pid_t self = ::gettid();
    pid_t first = 0;
    if (!crashed_thread.compare_exchange_strong(first, self) && first != self) {
        for (;;) {
            ::pause();  // another thread is dying, and this one with it
        }
    }
    if (first == 0 && current_slot != nullptr) describe_crash(*info, context);
    // The signal is blocked while its handler runs, and kills when the handler has returned.
    ::signal(signal, SIG_DFL);
    ::raise(signal);
}

/// Loads what unwinding needs, so that no process has to load it while it dies.
inline void prepare_crash_handler() {
    void* frame = nullptr;
    ::backtrace(&frame, 1);
}

/// From here on, a crash of this process is described in `own`. The handler has a stack of its own,
/// for the crash may be that of the stack.
inline void install_crash_handler(slot own) {
    alignas(16) static std::byte handler_stack[64 * 1024];
    crash_slot = own;
    stack_t stack{};
    stack.ss_sp = handler_stack;
    stack.ss_size = sizeof handler_stack;
    ::sigaltstack(&stack, nullptr);
    struct sigaction action {};
    action.sa_sigaction = on_crash;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS}) {
        ::sigaction(signal, &action, nullptr);
    }
}

}  // namespace restful_functions::process::detail
