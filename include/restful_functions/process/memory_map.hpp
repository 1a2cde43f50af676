/// memory_map: the mappings of this process, as /proc/self/maps and smaps list them (proc(5)).
#pragma once

#include <restful_functions/process/page_scan.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <system_error>

namespace restful_functions::process {

/// A list in place, for memory where nothing may be allocated. It touches no more than it holds, so
/// that its elements are of types that need no initialisation.
template <class Element, std::size_t Capacity>
class bounded_list {
 public:
    /// false: it is full.
    bool push_back(const Element& element) noexcept {
        if (size_ == Capacity) return false;
        elements_[size_++] = element;
        return true;
    }

    void clear() noexcept { size_ = 0; }
    void resize(std::size_t size) noexcept { size_ = size; }

    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] Element* begin() noexcept { return elements_.data(); }
    [[nodiscard]] Element* end() noexcept { return begin() + size_; }
    [[nodiscard]] const Element* begin() const noexcept { return elements_.data(); }
    [[nodiscard]] const Element* end() const noexcept { return begin() + size_; }
    [[nodiscard]] Element& back() noexcept { return elements_[size_ - 1]; }
    [[nodiscard]] const Element& back() const noexcept { return elements_[size_ - 1]; }
    [[nodiscard]] std::array<Element, Capacity>& storage() noexcept { return elements_; }

 private:
    std::size_t size_ = 0;
    std::array<Element, Capacity> elements_;
};

/// A file as mappings name it. Anonymous memory has none, and the inode 0.
struct mapped_file {
    std::uint32_t device_major;
    std::uint32_t device_minor;
    std::uint64_t inode;

    friend bool operator==(const mapped_file&, const mapped_file&) = default;
};

/// The name of the files in memory (memfd_create(2)) that hold frozen memory, and their path in the
/// list of mappings. A program that has started several servers may have several.
inline constexpr const char* frozen_file_name = "restful-functions-image";
inline constexpr std::string_view frozen_file_path = "/memfd:restful-functions-image (deleted)";

struct mapping : address_range {
    bool readable;
    bool writable;
    bool executable;
    bool shared;
    bool stack;   ///< the main thread's, which grows downwards
    bool frozen;  ///< of a file of frozen memory
    /// The memory has a property that a new mapping in its place would not have: locked, huge
    /// pages, of a device, handled by userfaultfd(2)… Only smaps tells.
    bool special;
    bool undumped;     ///< MADV_DONTDUMP; only smaps tells
    std::size_t used;  ///< bytes that have memory or lie in swap; only smaps tells
    std::uint64_t offset;
    mapped_file file;

    [[nodiscard]] bool is_anonymous() const noexcept { return file.inode == 0; }
};

/// More than a program with hundreds of libraries has.
using mapping_list = bounded_list<mapping, 4096>;

namespace detail {

/// Parses the fields of a line one by one.
class line_fields {
 public:
    explicit line_fields(std::string_view line) noexcept : rest_(line) {}

    template <class Number>
    bool number(Number& parsed, int base) noexcept {
        const auto [end, error] =
            std::from_chars(rest_.data(), rest_.data() + rest_.size(), parsed, base);
        rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
        return error == std::errc();
    }

    bool skip(char expected) noexcept {
        if (!rest_.starts_with(expected)) return false;
        rest_.remove_prefix(1);
        return true;
    }

    std::string_view take(std::size_t size) noexcept {
        const std::string_view taken = rest_.substr(0, size);
        rest_.remove_prefix(taken.size());
        return taken;
    }

    /// What is left, without the spaces in front of it.
    [[nodiscard]] std::string_view rest() const noexcept {
        return rest_.substr(std::min(rest_.find_first_not_of(' '), rest_.size()));
    }

 private:
    std::string_view rest_;
};

/// `begin-end rwxp offset major:minor inode path`
inline bool parse_mapping(std::string_view line, mapping& parsed) noexcept {
    line_fields fields(line);
    if (!fields.number(parsed.begin, 16) || !fields.skip('-') || !fields.number(parsed.end, 16) ||
        !fields.skip(' ')) {
        return false;
    }
    const std::string_view permissions = fields.take(4);
    if (permissions.size() != 4) return false;
    parsed.readable = permissions[0] == 'r';
    parsed.writable = permissions[1] == 'w';
    parsed.executable = permissions[2] == 'x';
    parsed.shared = permissions[3] == 's';
    const bool complete = fields.skip(' ') && fields.number(parsed.offset, 16) &&
                          fields.skip(' ') && fields.number(parsed.file.device_major, 16) &&
                          fields.skip(':') && fields.number(parsed.file.device_minor, 16) &&
                          fields.skip(' ') && fields.number(parsed.file.inode, 10);
    parsed.stack = fields.rest() == "[stack]";
    parsed.frozen = fields.rest() == frozen_file_path;
    parsed.special = parsed.undumped = false;
    parsed.used = 0;
    return complete;
}

/// `VmFlags: rd wr mr mw me ac sd`: two letters each.
inline void parse_flags(std::string_view flags, mapping& parsed) noexcept {
    // Locked, huge pages of hugetlbfs, device memory, not inherited by fork(2), wiped by fork(2),
    // growing down, userfaultfd(2), shadow stack, memory tags, sealed, guard pages, droppable.
    constexpr std::string_view special = "lo ht io pf mm dc wf gd um uw ui ss mt sl gu dp";
    while (flags.size() >= 2) {
        const std::string_view flag = flags.substr(0, 2);
        parsed.special = parsed.special || special.find(flag) != std::string_view::npos;
        parsed.undumped = parsed.undumped || flag == "dd";
        flags.remove_prefix(std::min<std::size_t>(3, flags.size()));
    }
}

/// `Rss:   1024 kB`, without the name. 0: it is not understood.
inline std::size_t parse_number(std::string_view text) noexcept {
    std::size_t parsed = 0;
    line_fields(line_fields(text).rest()).number(parsed, 10);
    return parsed;
}

/// Calls `visit` with each line of a file of /proc. Uses no heap, which may itself be what is
/// listed. false: the file cannot be read, or `visit` has returned false.
template <std::size_t Size, class Visit>
bool visit_lines(const char* path, std::array<char, Size>& buffer, Visit visit) noexcept {
    const int file = ::open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return false;
    std::size_t held = 0;
    bool complete = true;
    for (;;) {
        const ssize_t size = ::read(file, buffer.data() + held, buffer.size() - held);
        if (size <= 0) {
            complete = complete && size == 0 && held == 0;
            break;
        }
        held += static_cast<std::size_t>(size);
        std::string_view text(buffer.data(), held);
        for (auto line = text.find('\n'); line != text.npos; line = text.find('\n')) {
            complete = complete && visit(text.substr(0, line));
            text.remove_prefix(line + 1);
        }
        held = text.size();
        std::memmove(buffer.data(), text.data(), held);
    }
    ::close(file);
    return complete;
}

/// A line of maps or smaps. false: it is not understood, or there is no room for it.
inline bool add_line(std::string_view line, mapping_list& list) noexcept {
    constexpr std::string_view resident = "Rss:";
    constexpr std::string_view swapped = "Swap:";
    constexpr std::string_view key = "ProtectionKey:";
    constexpr std::string_view flags = "VmFlags: ";
    constexpr std::string_view hexadecimal = "0123456789abcdef";
    if (!line.empty() && hexadecimal.find(line[0]) != std::string_view::npos) {
        mapping parsed{};
        return parse_mapping(line, parsed) && list.push_back(parsed);
    }
    if (list.empty()) return true;
    for (const std::string_view name : {resident, swapped}) {
        if (line.starts_with(name))
            list.back().used += parse_number(line.substr(name.size())) * 1024;
    }
    if (line.starts_with(key)) {
        list.back().special = list.back().special || parse_number(line.substr(key.size())) != 0;
    }
    if (line.starts_with(flags)) parse_flags(line.substr(flags.size()), list.back());
    return true;
}

inline bool read_mappings(const char* path, mapping_list& list) noexcept {
    list.clear();
    std::array<char, 16 * 1024> buffer;
    return visit_lines(path, buffer, [&](std::string_view line) { return add_line(line, list); });
}

}  // namespace detail

/// Fills `list`, without the heap. false: the file cannot be read, or has more lines than the list
/// has room for.
[[nodiscard]] inline bool read_memory_map(mapping_list& list) noexcept {
    return detail::read_mappings("/proc/self/maps", list);
}

/// As read_memory_map(), with `special`, `undumped` and `used`. The kernel looks at every page for
/// it.
[[nodiscard]] inline bool read_detailed_memory_map(mapping_list& list) noexcept {
    return detail::read_mappings("/proc/self/smaps", list);
}

/// The pages that the kernel itself writes to at any time: it keeps the number of the processor in
/// a structure of the thread (rseq(2)), which the C library places beside the thread pointer.
[[nodiscard]] inline address_range pages_of_the_thread() noexcept {
    const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    const auto at = reinterpret_cast<std::uintptr_t>(__builtin_thread_pointer());
    const std::uintptr_t begin = (at - page) / page * page;
    return {begin, begin + 3 * page};
}

}  // namespace restful_functions::process
