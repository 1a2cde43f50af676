/// exit_fence: what runs when a process of a call ends: the exit handlers and destructors that the
/// call has registered, and none that the program had registered before.
#pragma once

#include <restful_functions/process/pending_output.hpp>

#include <dlfcn.h>
#include <link.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <span>
#include <vector>

namespace restful_functions::process::detail {

// The C library has them for compilers, and no header for them.
extern "C" {
int __cxa_at_quick_exit(void (*)(void*, int), void*);                // NOLINT
int __cxa_thread_atexit_impl(void (*)(void*), void*, void* module);  // NOLINT
extern void* __dso_handle;                                           // NOLINT
}

/// exit(3) runs handlers in the reverse order of their registration, static objects' destructors
/// among them: one that was registered before the first call, and ends the process, keeps it from
/// the program's.
class exit_fence {
 public:
    /// For the fork server, whose processes inherit it. Throws std::bad_alloc.
    static void raise() {
        fence_thread();
        const std::span<const std::uint64_t> data = c_library(&find_data);
        const std::vector<std::uint64_t> before(data.begin(), data.end());
        // So many that it is a matter of this count alone, whichever of its lists takes them.
        constexpr std::uint64_t handlers = 33;
        for (std::uint64_t i = 0; i < handlers; ++i) {
            if (::on_exit([](int status, void*) { end(status); }, nullptr) != 0)
                throw std::bad_alloc();
        }
        for (std::size_t i = 0; i < data.size(); ++i) {
            if (data[i] - before[i] != handlers) continue;
            if (count_ != nullptr) {
                count_ = nullptr;  // two of them: neither is to be trusted
                break;
            }
            count_ = &data[i];
        }
        if (__cxa_at_quick_exit([](void*, int status) { end(status); }, nullptr) != 0)
            throw std::bad_alloc();
        remember();
    }

    /// What has been registered until now does not make a call's process end differently.
    static void remember() noexcept {
        if (count_ != nullptr) count_before_ = *count_;
        if (of_thread_ != nullptr) of_thread_before_ = *of_thread_;
    }

    /// Whether anything may have been registered since: an exit handler, a static object, a
    /// thread_local object of this thread. Where the C library's lists are not known it is true.
    [[nodiscard]] static bool has_work() noexcept {
        return count_ == nullptr || of_thread_ == nullptr || *count_ != count_before_ ||
               *of_thread_ != of_thread_before_;
    }

    /// Ends the process of a call that has returned.
    [[noreturn]] static void leave() {
        if (has_work()) std::exit(EXIT_SUCCESS);
        end(EXIT_SUCCESS);
    }

 private:
    /// As the C library has it: thread_local objects are a list of those.
    struct thread_local_object {
        void* destructor;
        void* object;
        void* module;
        const thread_local_object* next;
    };

    [[noreturn]] static void end(int status) {
        flush_standard_output();
        std::fflush(nullptr);
        ::_exit(status);
    }

    /// exit(3) destroys the thread_local objects of its thread before it runs any handler, and does
    /// not say with which status: no destructor could end the process instead. So the fork server
    /// forgets those that the program has made in the thread that called start().
    static void fence_thread() noexcept {
        static constexpr std::size_t most_words = 512;
        const std::span<const std::uint64_t> own = c_library(&find_thread_data);
        if (own.size() > most_words) return;
        std::uint64_t before[most_words];
        std::uint64_t between[most_words];
        static char object = 0;
        const auto add = [] { __cxa_thread_atexit_impl([](void*) {}, &object, &__dso_handle); };
        std::memcpy(before, own.data(), own.size_bytes());
        add();
        std::memcpy(between, own.data(), own.size_bytes());
        add();
        for (std::size_t i = 0; i < own.size(); ++i) {
            if (own[i] == between[i] || between[i] == before[i]) continue;
            const auto* last = reinterpret_cast<const thread_local_object*>(own[i]);
            const auto* first = reinterpret_cast<const thread_local_object*>(between[i]);
            if (last->object != &object || last->next != first || first->object != &object ||
                reinterpret_cast<std::uint64_t>(first->next) != before[i]) {
                continue;
            }
            of_thread_ =
                reinterpret_cast<const thread_local_object**>(const_cast<std::uint64_t*>(&own[i]));
            *of_thread_ = nullptr;
            return;
        }
    }

    using finder = std::span<const std::uint64_t> (*)(const dl_phdr_info&);

    static std::span<const std::uint64_t> words(std::uintptr_t begin, std::size_t bytes) noexcept {
        return {reinterpret_cast<const std::uint64_t*>((begin + 7) & ~std::uintptr_t{7}),
                bytes / sizeof(std::uint64_t)};
    }

    /// The C library's variables.
    static std::span<const std::uint64_t> find_data(const dl_phdr_info& library) noexcept {
        for (const auto& part : std::span(library.dlpi_phdr, library.dlpi_phnum)) {
            if (part.p_type == PT_LOAD && (part.p_flags & PF_W) != 0)
                return words(library.dlpi_addr + part.p_vaddr, part.p_memsz);
        }
        return {};
    }

    /// Those of this thread.
    static std::span<const std::uint64_t> find_thread_data(const dl_phdr_info& library) noexcept {
        for (const auto& part : std::span(library.dlpi_phdr, library.dlpi_phnum)) {
            if (part.p_type == PT_TLS && library.dlpi_tls_data != nullptr)
                return words(reinterpret_cast<std::uintptr_t>(library.dlpi_tls_data), part.p_memsz);
        }
        return {};
    }

    static std::span<const std::uint64_t> c_library(finder find) noexcept {
        struct search {
            finder find;
            std::uintptr_t code;
            std::span<const std::uint64_t> found;
        };
        // By way of the linker: the address that the program has may be that of its own stub.
        search wanted{
            find,
            reinterpret_cast<std::uintptr_t>(::dlsym(RTLD_DEFAULT, "gnu_get_libc_version")),
            {}};
        ::dl_iterate_phdr(
            [](dl_phdr_info* library, std::size_t, void* into) {
                auto& its = *static_cast<search*>(into);
                for (const auto& part : std::span(library->dlpi_phdr, library->dlpi_phnum)) {
                    const std::uintptr_t begin = library->dlpi_addr + part.p_vaddr;
                    if (part.p_type == PT_LOAD && its.code >= begin &&
                        its.code - begin < part.p_memsz) {
                        its.found = its.find(*library);
                        return 1;
                    }
                }
                return 0;
            },
            &wanted);
        return wanted.found;
    }

    /// How many handlers the C library was ever given; null: it is not known where that is.
    static inline const volatile std::uint64_t* count_ = nullptr;
    static inline std::uint64_t count_before_ = 0;
    static inline const thread_local_object** of_thread_ = nullptr;
    static inline const thread_local_object* of_thread_before_ = nullptr;
};

}  // namespace restful_functions::process::detail
