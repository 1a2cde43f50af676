/// elf_symbols: which function an address lies in, read from the symbol table of the file on disk.
#pragma once

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace restful_functions::process {

/// For use in a signal handler: allocates nothing, throws nothing, reads only within the file's
/// bounds. dladdr(3) knows only what the dynamic linker exports; this also finds the static
/// functions of a program that was not stripped (elf(5), the section .symtab).
class elf_symbols {
 public:
    struct symbol {
        std::string_view
            name;  ///< as the linker knows it, mangled; valid while the elf_symbols lives
        std::uint64_t offset = 0;
    };

    explicit elf_symbols(const char* path) noexcept {
        const int file = ::open(path, O_RDONLY | O_CLOEXEC);
        struct stat about {};
        if (file >= 0 && ::fstat(file, &about) == 0 && about.st_size > 0) {
            size_ = static_cast<std::size_t>(about.st_size);
            void* mapped = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file, 0);
            bytes_ = mapped == MAP_FAILED ? nullptr : static_cast<const char*>(mapped);
        }
        if (file >= 0) ::close(file);
    }
    elf_symbols(const elf_symbols&) = delete;
    elf_symbols& operator=(const elf_symbols&) = delete;
    ~elf_symbols() {
        if (bytes_ != nullptr) ::munmap(const_cast<char*>(bytes_), size_);
    }

    /// `address` is relative to the file: the address in memory less the module's load address. The
    /// name is empty when no function is there, or the file has no symbols.
    [[nodiscard]] symbol find(std::uint64_t address) const noexcept {
        const auto* file = at<ElfW(Ehdr)>(0);
        if (file == nullptr || std::memcmp(file->e_ident, ELFMAG, SELFMAG) != 0) {
            return {};
        }
        for (std::size_t i = 0; i < file->e_shnum; ++i) {
            const auto* section = at<ElfW(Shdr)>(file->e_shoff, i);
            if (section != nullptr && section->sh_type == SHT_SYMTAB) {
                const auto* names = at<ElfW(Shdr)>(file->e_shoff, section->sh_link);
                return names != nullptr ? find_in(*section, *names, address) : symbol{};
            }
        }
        return {};
    }

 private:
    /// The `index`-th T of the array at `offset`; null where it would reach beyond the file.
    template <class T>
    [[nodiscard]] const T* at(std::uint64_t offset, std::uint64_t index = 0) const noexcept {
        if (bytes_ == nullptr || offset > size_ || index >= (size_ - offset) / sizeof(T)) {
            return nullptr;
        }
        return reinterpret_cast<const T*>(bytes_ + offset) + index;
    }

    [[nodiscard]] symbol find_in(const ElfW(Shdr) & table, const ElfW(Shdr) & names,
                                 std::uint64_t address) const noexcept {
        for (std::size_t i = 0; i < table.sh_size / sizeof(ElfW(Sym)); ++i) {
            const auto* entry = at<ElfW(Sym)>(table.sh_offset, i);
            if (entry == nullptr) break;
            // The type is in the low four bits, in 32 and 64 bits alike.
            if ((entry->st_info & 0xf) == STT_FUNC && address >= entry->st_value &&
                address - entry->st_value < entry->st_size) {
                const std::uint64_t begin = names.sh_offset + entry->st_name;
                if (const char* name = at<char>(begin)) {
                    return {{name, ::strnlen(name, size_ - begin)}, address - entry->st_value};
                }
            }
        }
        return {};
    }

    const char* bytes_ = nullptr;
    std::size_t size_ = 0;
};

}  // namespace restful_functions::process
