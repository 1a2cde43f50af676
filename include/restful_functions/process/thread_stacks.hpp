/// thread_stacks: keeps the stacks that the C library reserves for threads out of a call's memory
/// limit.
#pragma once

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace restful_functions::process::detail {

/// The stack that a thread got, and what the thread is to run.
struct thread_stack {
    std::atomic<std::size_t> size{0};        ///< 0: nobody's entry
    std::atomic<std::uintptr_t> address{0};  ///< a page of it; 0 until the thread runs
    void* (*start)(void*) = nullptr;
    void* argument = nullptr;
};

/// RLIMIT_DATA counts each thread's stack whole, 8 MiB as a rule, though a thread touches little of
/// it: the kernel counts private memory from when it may be written (getrlimit(2)). So the limit is
/// raised by each stack that is newly mapped, and lowered when one is found to be gone. The C
/// library keeps the stacks of threads that have ended for others: those are not counted again.
///
/// All of it is called from any thread, takes no lock and no memory.
class thread_stacks {
 public:
    /// More threads' stacks at a time count as memory.
    static constexpr std::size_t most = 1024;

    /// Sets the limit of this process. The hard limit has room for `most` stacks of the usual size,
    /// if threads are created by way of create().
    static void limit_memory(std::uint64_t soft) noexcept {
        rlimit now{};
        ::getrlimit(RLIMIT_DATA, &now);
        const std::uint64_t room = create_ == nullptr ? 0 : most * stack_size(nullptr);
        const std::uint64_t hard = soft < RLIM_INFINITY - room ? soft + room : RLIM_INFINITY;
        hard_ = std::min<std::uint64_t>(hard, now.rlim_max);
        limit_ = std::min<std::uint64_t>(soft, hard_);
        set_limit(limit_);
    }

    /// Takes the raised limit back between two calls: rewinder expects the one that it has seen.
    static void lower() noexcept {
        if (limit_ != 0 && beside_ != 0) set_limit(limit_);
    }
    static void raise() noexcept {
        if (limit_ != 0 && beside_ != 0) add(0);
    }

    /// Has the program and its libraries, as they are loaded now, call create() and join() instead
    /// of pthread_create(3) and pthread_join(3). Sanitizers do the same for their own purposes and
    /// go first.
    static void take_over() noexcept {
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && \
    (defined(__x86_64__) || defined(__aarch64__))
        // The next one: the program's own may be an entry of the table that is about to change.
        join_ = reinterpret_cast<joining>(::dlsym(RTLD_NEXT, "pthread_join"));
        create_ = reinterpret_cast<creating>(::dlsym(RTLD_NEXT, "pthread_create"));
        if (create_ == nullptr || join_ == nullptr) return;
        ::dl_iterate_phdr(
            [](dl_phdr_info* info, std::size_t, void*) noexcept {
                redirect(*info);
                return 0;
            },
            nullptr);
#endif
    }

    static int create(pthread_t* thread, const pthread_attr_t* attributes, void* (*start)(void*),
                      void* argument) noexcept {
        const std::size_t size = limit_ == 0 ? 0 : stack_size(attributes);
        if (size == 0) return create_(thread, attributes, start, argument);
        forget_unmapped();
        thread_stack* const its = claim(size);
        if (its == nullptr) return create_(thread, attributes, start, argument);
        its->start = start;
        its->argument = argument;
        add(size);
        const int error = create_(thread, attributes, &run, its);
        if (error != 0) release(*its);
        return error;
    }

    /// The C library keeps only some stacks for others, and those of the usual size.
    static int join(pthread_t thread, void** result) {
        const int error = join_(thread, result);
        if (beside_ != 0) forget_unmapped();
        return error;
    }

 private:
    using creating = int (*)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
    using joining = int (*)(pthread_t, void**);

    static inline std::array<thread_stack, most> stacks_;
    static inline std::atomic<std::size_t> used_{0};  ///< no entry behind was ever used
    static inline std::atomic<std::uint64_t> beside_{0};
    static inline std::uint64_t limit_ = 0;  ///< without stacks; 0: none
    static inline std::uint64_t hard_ = 0;
    static inline creating create_ = nullptr;
    static inline joining join_ = nullptr;

    static std::size_t page_size() noexcept {
        return static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    }

    /// Of a new thread; 0 where its creator gives it one.
    static std::size_t stack_size(const pthread_attr_t* attributes) noexcept {
        std::size_t size = 0;
        if (attributes == nullptr) {
            pthread_attr_t usual;
            if (::pthread_getattr_default_np(&usual) == 0) {
                ::pthread_attr_getstacksize(&usual, &size);
                ::pthread_attr_destroy(&usual);
            }
        } else {
            void* lowest = nullptr;
            ::pthread_attr_getstack(attributes, &lowest, &size);
            // A stack that is not given ends at address 0.
            if (reinterpret_cast<std::uintptr_t>(lowest) + size != 0) return 0;
            if (size == 0) return stack_size(nullptr);
        }
        return (size + page_size() - 1) / page_size() * page_size();
    }

    static void set_limit(std::uint64_t soft) noexcept {
        const rlimit wanted{std::min(soft, hard_), hard_};
        ::setrlimit(RLIMIT_DATA, &wanted);
    }

    /// `size` may be the negative of a size: what is counted wraps.
    static void add(std::uint64_t size) noexcept {
        beside_ += size;
        std::uint64_t beside = 0;
        do {
            beside = beside_;
            set_limit(limit_ + beside);
        } while (beside != beside_);  // another thread may have set an older one last
    }

    static thread_stack* claim(std::size_t size) noexcept {
        for (std::size_t i = 0; i < most; ++i) {
            std::size_t free = 0;
            if (stacks_[i].size != 0 || !stacks_[i].size.compare_exchange_strong(free, size))
                continue;
            std::size_t used = used_;
            while (used < i + 1 && !used_.compare_exchange_weak(used, i + 1)) {
            }
            return &stacks_[i];
        }
        return nullptr;
    }

    static void release(thread_stack& its) noexcept { add(-std::uint64_t{its.size.exchange(0)}); }

    /// What has run on one stack before begins at the same address again.
    static bool is_known(std::uintptr_t address) noexcept {
        return std::any_of(stacks_.begin(),
                           stacks_.begin() + static_cast<std::ptrdiff_t>(used_.load()),
                           [address](const thread_stack& each) { return each.address == address; });
    }

    static void forget_unmapped() noexcept {
        for (std::size_t i = 0; i < used_; ++i) {
            std::uintptr_t address = stacks_[i].address;
            unsigned char is_resident = 0;
            if (address != 0 && ::mincore(reinterpret_cast<void*>(address), 1, &is_resident) != 0 &&
                errno == ENOMEM && stacks_[i].address.compare_exchange_strong(address, 0)) {
                release(stacks_[i]);
            }
        }
    }

    static void* run(void* entry) {
        thread_stack& its = *static_cast<thread_stack*>(entry);
        const auto start = its.start;
        void* const argument = its.argument;
        const auto here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
        const std::uintptr_t page = here / page_size() * page_size();
        if (is_known(page)) {
            release(its);
        } else {
            its.address = page;
        }
        void* const result = start(argument);
        forget_unmapped();  // those of threads that nobody joins
        return result;
    }

#if defined(__x86_64__)
    static constexpr std::array<std::uint64_t, 2> of_functions{R_X86_64_JUMP_SLOT,
                                                               R_X86_64_GLOB_DAT};
#elif defined(__aarch64__)
    static constexpr std::array<std::uint64_t, 2> of_functions{R_AARCH64_JUMP_SLOT,
                                                               R_AARCH64_GLOB_DAT};
#else
    static constexpr std::array<std::uint64_t, 0> of_functions{};
#endif

    /// What is called instead of a function of this name; nullptr: itself.
    static void* instead_of(const char* name) noexcept {
        if (std::strcmp(name, "pthread_create") == 0) return reinterpret_cast<void*>(&create);
        if (std::strcmp(name, "pthread_join") == 0) return reinterpret_cast<void*>(&join);
        return nullptr;
    }

    /// Of one loaded object: changes the entries of its tables by which it calls the functions
    /// (elf(5)).
    static void redirect(const dl_phdr_info& info) noexcept {
        const auto at = [&](std::uint64_t address) noexcept {
            // Some dynamic linkers add the load address to what they have read, others do not.
            return address < info.dlpi_addr ? address + info.dlpi_addr : address;
        };
        const ElfW(Dyn)* next = nullptr;
        std::uint64_t constant_begin = 0;
        std::uint64_t constant_end = 0;
        for (std::size_t i = 0; i < info.dlpi_phnum; ++i) {
            const ElfW(Phdr)& part = info.dlpi_phdr[i];
            if (part.p_type == PT_DYNAMIC)
                next = reinterpret_cast<const ElfW(Dyn)*>(info.dlpi_addr + part.p_vaddr);
            if (part.p_type == PT_GNU_RELRO) {
                constant_begin = info.dlpi_addr + part.p_vaddr;
                constant_end = (constant_begin + part.p_memsz) / page_size() * page_size();
            }
        }
        std::array<std::uint64_t, 40> entries{};
        for (; next != nullptr && next->d_tag != DT_NULL; ++next) {
            const auto tag = static_cast<std::uint64_t>(next->d_tag);
            if (tag < entries.size()) entries[tag] = next->d_un.d_val;
        }
        if (entries[DT_SYMTAB] == 0 || entries[DT_STRTAB] == 0) return;
        const auto* symbols = reinterpret_cast<const ElfW(Sym)*>(at(entries[DT_SYMTAB]));
        const auto* names = reinterpret_cast<const char*>(at(entries[DT_STRTAB]));
        const auto change = [&](std::uint64_t table, std::uint64_t size) noexcept {
            if (table == 0) return;
            const auto* relocation = reinterpret_cast<const ElfW(Rela)*>(at(table));
            for (std::size_t i = 0; i < size / sizeof *relocation; ++i, ++relocation) {
                const std::uint64_t type = ELF64_R_TYPE(relocation->r_info);
                if (std::find(of_functions.begin(), of_functions.end(), type) == of_functions.end())
                    continue;
                void* const ours =
                    instead_of(names + symbols[ELF64_R_SYM(relocation->r_info)].st_name);
                const std::uint64_t entry = info.dlpi_addr + relocation->r_offset;
                if (ours != nullptr)
                    replace(entry, ours, entry >= constant_begin && entry < constant_end);
            }
        };
        if (entries[DT_PLTREL] == DT_RELA) change(entries[DT_JMPREL], entries[DT_PLTRELSZ]);
        change(entries[DT_RELA], entries[DT_RELASZ]);
    }

    static void replace(std::uint64_t entry, void* function, bool is_constant) noexcept {
        void* const page = reinterpret_cast<void*>(entry / page_size() * page_size());
        if (::mprotect(page, page_size(), PROT_READ | PROT_WRITE) != 0) return;
        *reinterpret_cast<void**>(entry) = function;
        if (is_constant) ::mprotect(page, page_size(), PROT_READ);
    }
};

}  // namespace restful_functions::process::detail
