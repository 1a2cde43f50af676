/// backtrace: the frames of the thread that crashed, and how to write them down in its signal
/// handler.
#pragma once

#include <restful_functions/process/build_id.hpp>
#include <restful_functions/process/call_plumbing.hpp>
#include <restful_functions/process/elf_symbols.hpp>

#include <cxxabi.h>
#include <dlfcn.h>
#include <execinfo.h>
#include <link.h>
#include <sys/uio.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace restful_functions::process::detail {

/// Text in a fixed room, for use in a signal handler. `published` follows its size line by line.
class bounded_text {
 public:
    bounded_text(char* begin, std::size_t capacity, std::uint64_t* published) noexcept
        : begin_(begin), capacity_(capacity), published_(published) {}

    void append(std::string_view text) noexcept {
        const std::size_t size = std::min(text.size(), capacity_ - size_);
        std::copy_n(text.data(), size, begin_ + size_);
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

    void end_line() noexcept {
        append("\n");
        *published_ = size_;
    }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }

 private:
    char* begin_;
    std::size_t capacity_;
    std::size_t size_ = 0;
    std::uint64_t* published_;
};

/// The program or library that an address lies in.
struct module_of {
    std::uintptr_t address;
    std::uintptr_t base = 0;
    const char* path = nullptr;  ///< empty for the program itself; null when there is none
    std::string_view build_id{};

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
                build_id = build_id_of(info);
                return true;
            }
        }
        return false;
    }

    static std::string_view build_id_of(const dl_phdr_info& info) noexcept {
        for (std::size_t i = 0; i < info.dlpi_phnum; ++i) {
            const ElfW(Phdr)& part = info.dlpi_phdr[i];
            if (part.p_type != PT_NOTE) continue;
            const auto id = build_id_among(
                {reinterpret_cast<const char*>(info.dlpi_addr + part.p_vaddr), part.p_memsz});
            if (!id.empty()) return id;
        }
        return {};
    }
};

/// The frames of the thread whose signal handler this runs in, innermost first.
class frames {
 public:
    struct frame {
        std::uintptr_t address;
        std::uintptr_t at;  ///< in the instruction that the frame executes
    };

    explicit frames(const void* context) noexcept {
        const auto& machine = static_cast<const ucontext_t*>(context)->uc_mcontext;
        const std::uintptr_t crashed_at = instruction(machine);
        if (module_of(crashed_at).path == nullptr) {
            // A jump to where no code is: the unwinder knows no way back from there, but a call has
            // left its return address.
            add(crashed_at, crashed_at);
            if (const std::uintptr_t caller = return_address(machine)) add(caller, caller - 1);
            return;
        }
        std::array<void*, most> found;
        const auto count = static_cast<std::size_t>(
            std::max(0, ::backtrace(found.data(), static_cast<int>(found.size()))));
        // The frames of the handler come before that of the instruction that it interrupted.
        bool interrupted = false;
        for (std::size_t i = 0; i < count; ++i) {
            const auto address = reinterpret_cast<std::uintptr_t>(found[i]);
            const bool is_it = !interrupted && address == crashed_at;
            interrupted = interrupted || is_it;
            // A return address may lie behind the last instruction of its function.
            if (interrupted) add(address, is_it ? address : address - 1);
        }
    }

    [[nodiscard]] const frame* begin() const noexcept { return frames_.data(); }
    [[nodiscard]] const frame* end() const noexcept { return frames_.data() + size_; }

 private:
    static constexpr std::size_t most = 64;

    void add(std::uintptr_t address, std::uintptr_t at) noexcept {
        frames_[size_++] = {address, at};
    }

    static std::uintptr_t instruction([[maybe_unused]] const mcontext_t& machine) noexcept {
#if defined(__x86_64__)
        return static_cast<std::uintptr_t>(machine.gregs[REG_RIP]);
#elif defined(__aarch64__)
        return machine.pc;
#else
        return 0;
#endif
    }

    /// Of a call whose first instruction was never executed; 0 where it cannot be read.
    static std::uintptr_t return_address([[maybe_unused]] const mcontext_t& machine) noexcept {
#if defined(__x86_64__)
        std::uintptr_t address = 0;
        iovec to{&address, sizeof address};
        // The stack pointer may be wild as well: the kernel looks, and does not crash.
        iovec from{reinterpret_cast<void*>(machine.gregs[REG_RSP]), sizeof address};
        return ::process_vm_readv(::getpid(), &to, 1, &from, 1, 0) == sizeof address ? address : 0;
#elif defined(__aarch64__)
        return machine.regs[30];
#else
        return 0;
#endif
    }

    std::array<frame, most> frames_;
    std::size_t size_ = 0;
};

/// What lies below the function's frames is ours, and tells its author nothing.
inline constexpr std::string_view frame_of_run_call =
    "_ZN17restful_functions7process6detail8run_call";

inline void as_the_linker_knows_it(bounded_text& text, std::string_view name) noexcept {
    text.append(name);
}

/// Long names stay as they are: the demangler's use of the stack grows with them.
inline void readably(bounded_text& text, std::string_view name) noexcept {
    std::array<char, 1024> mangled;
    char* demangled = nullptr;
    if (name.size() < mangled.size()) {
        *std::copy(name.begin(), name.end(), mangled.begin()) = '\0';
        demangled = abi::__cxa_demangle(mangled.data(), nullptr, nullptr, nullptr);
    }
    text.append(demangled != nullptr ? std::string_view(demangled) : name);
    std::free(demangled);
}

/// What the server needs to find a frame's line, behind what is to be read of it: a tab, whether
/// the frame is of call_plumbing (`-`) or not (`+`), its address in the file, the build id, and the
/// path, which is empty for the program itself.
inline void append_place(bounded_text& text, const module_of& module, bool is_plumbing) noexcept {
    text.append(is_plumbing ? "\t-" : "\t+");
    text.append_hex(module.address - module.base);
    text.append(" ");
    for (const char byte : module.build_id) {
        const auto value = static_cast<unsigned char>(byte);
        const std::array<char, 2> digits{"0123456789abcdef"[value / 16],
                                         "0123456789abcdef"[value % 16]};
        text.append({digits.data(), digits.size()});
    }
    text.append(" ");
    text.append(module.path);
}

/// "name+0x12 (module)" and its place, ended by a line feed. false: the frame and those below are
/// not the function's.
template <class WriteName>
bool append_frame(bounded_text& text, const frames::frame& frame, WriteName write_name) noexcept {
    const module_of module(frame.at);
    if (module.path == nullptr) {
        text.append_hex(frame.address);
        text.end_line();
        return true;
    }
    const bool is_program = module.path[0] == '\0';
    const elf_symbols symbols(is_program ? "/proc/self/exe" : module.path);
    const std::string_view path(is_program ? ::program_invocation_short_name : module.path);
    const std::string_view file = path.substr(path.rfind('/') + 1);
    Dl_info exported{};
    bool is_plumbing = false;
    if (const auto symbol = symbols.find(frame.at - module.base); !symbol.name.empty()) {
        if (symbol.name.starts_with(frame_of_run_call)) return false;
        is_plumbing = is_call_plumbing(symbol.name);
        write_name(text, symbol.name);
        text.append("+");
        text.append_hex(symbol.offset + (frame.address - frame.at));
    } else if (::dladdr(reinterpret_cast<void*>(frame.at), &exported) != 0 &&
               exported.dli_sname != nullptr) {
        is_plumbing = is_call_plumbing(exported.dli_sname);
        write_name(text, exported.dli_sname);
        text.append("+");
        text.append_hex(frame.address - reinterpret_cast<std::uintptr_t>(exported.dli_saddr));
    } else {
        // A function without a name that begins a thread.
        is_plumbing = file.starts_with("libc.so") || file.starts_with("libstdc++.so") ||
                      file.starts_with("libc++.so");
        text.append("?+");
        text.append_hex(frame.address - module.base);
    }
    text.append(" (");
    text.append(file);
    text.append(")");
    append_place(text, module, is_plumbing);
    text.end_line();
    return true;
}

/// The frames of the function, each written by `write_name`.
template <class WriteName>
void append_frames(bounded_text& text, const frames& all, WriteName write_name) noexcept {
    for (const frames::frame& frame : all) {
        if (!append_frame(text, frame, write_name)) return;
    }
}

}  // namespace restful_functions::process::detail
