/// memory_map: the mappings of this process, as /proc/self/maps lists them (proc(5)).
#pragma once

#include <restful_functions/process/write_tracker.hpp>

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
    [[nodiscard]] std::array<Element, Capacity>& storage() noexcept { return elements_; }

 private:
    std::size_t size_ = 0;
    std::array<Element, Capacity> elements_;
};

struct mapping : address_range {
    bool writable;
    bool shared;
    std::uint64_t inode;  ///< 0: anonymous memory
};

/// More than a program with hundreds of libraries has.
using mapping_list = bounded_list<mapping, 4096>;

namespace detail {

/// `begin-end rwxp offset major:minor inode path`
inline bool parse_mapping(std::string_view line, mapping& parsed) noexcept {
    const char* end = line.data() + line.size();
    const auto first = std::from_chars(line.data(), end, parsed.begin, 16);
    if (first.ec != std::errc() || first.ptr == end) return false;
    const auto second = std::from_chars(first.ptr + 1, end, parsed.end, 16);
    if (second.ec != std::errc() || end - second.ptr < 6) return false;
    parsed.writable = second.ptr[2] == 'w';
    parsed.shared = second.ptr[4] == 's';
    const char* field = second.ptr;
    for (int spaces = 0; spaces < 4; ++spaces) {
        field = std::find(field, end, ' ');
        if (field == end) return false;
        ++field;
    }
    return std::from_chars(field, end, parsed.inode).ec == std::errc();
}

}  // namespace detail

/// Fills `list`, without the heap, which may itself be what is listed. false: the file is not to be
/// read, or has more lines than the list has room for.
[[nodiscard]] inline bool read_memory_map(mapping_list& list) noexcept {
    list.clear();
    const int file = ::open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    if (file < 0) return false;
    std::array<char, 16 * 1024> buffer;
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
            mapping parsed{};
            complete = complete && detail::parse_mapping(text.substr(0, line), parsed) &&
                       list.push_back(parsed);
            text.remove_prefix(line + 1);
        }
        held = text.size();
        std::memmove(buffer.data(), text.data(), held);
    }
    ::close(file);
    return complete;
}

}  // namespace restful_functions::process
