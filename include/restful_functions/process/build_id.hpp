/// build_id: the bytes by which a linker names what it has made, as they are loaded and as they are
/// in a file.
#pragma once

#include <elf.h>
#include <link.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace restful_functions::process {

/// The build id among the notes of a program or library (elf(5), NT_GNU_BUILD_ID); empty if there
/// is none. Reads only within `notes`, allocates nothing.
[[nodiscard]] inline std::string_view build_id_among(std::string_view notes) noexcept {
    const auto padded = [](std::size_t size) { return (size + 3) / 4 * 4; };
    while (notes.size() >= sizeof(ElfW(Nhdr))) {
        ElfW(Nhdr) note;
        std::memcpy(&note, notes.data(), sizeof note);
        notes.remove_prefix(sizeof note);
        const std::size_t name_size = padded(note.n_namesz);
        if (name_size > notes.size() || note.n_descsz > notes.size() - name_size) return {};
        const std::string_view name = notes.substr(0, note.n_namesz);
        notes.remove_prefix(name_size);
        if (note.n_type == NT_GNU_BUILD_ID && name == std::string_view("GNU\0", 4))
            return notes.substr(0, note.n_descsz);
        notes.remove_prefix(std::min(padded(note.n_descsz), notes.size()));
    }
    return {};
}

/// Calls `use` with the build id of an open file; with an empty one where it has none.
template <typename Use>
auto with_build_id(int file, Use use) {
    ElfW(Ehdr) about{};
    const auto read = [file](void* to, std::size_t size, std::uint64_t from) {
        return ::pread(file, to, size, static_cast<off_t>(from));
    };
    if (read(&about, sizeof about, 0) == sizeof about &&
        std::memcmp(about.e_ident, ELFMAG, SELFMAG) == 0) {
        for (std::size_t i = 0; i < about.e_phnum; ++i) {
            ElfW(Phdr) part{};
            if (read(&part, sizeof part, about.e_phoff + i * sizeof part) != sizeof part) break;
            if (part.p_type != PT_NOTE) continue;
            std::array<char, 4096> notes;
            const auto size = read(notes.data(), std::min<std::size_t>(part.p_filesz, notes.size()),
                                   part.p_offset);
            const auto id = build_id_among(
                {notes.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))});
            if (!id.empty()) return use(id);
        }
    }
    return use(std::string_view());
}

}  // namespace restful_functions::process
