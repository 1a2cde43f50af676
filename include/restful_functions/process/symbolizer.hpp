/// symbolizer: finds the source lines of a crash's frames with addr2line(1). Runs in a process like
/// that of a call: the files that it reads may be broken.
#pragma once

#include <restful_functions/process/build_id.hpp>
#include <restful_functions/process/call_plumbing.hpp>
#include <restful_functions/process/crash_frames.hpp>
#include <restful_functions/process/symbolizer_tool.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace restful_functions::process {

namespace detail {

/// An address in a file, as parse_frames() finds it.
struct code_place {
    std::uint64_t address = 0;
    std::string build_id;  ///< in hexadecimal digits
    std::string path;      ///< empty for the program itself

    static code_place parse(std::string_view text) {
        code_place place;
        const std::size_t first = text.find(' ');
        const std::size_t second = first == text.npos ? first : text.find(' ', first + 1);
        if (second == text.npos || first <= 2) return place;
        std::from_chars(text.data() + 2, text.data() + first, place.address, 16);
        place.build_id = text.substr(first + 1, second - first - 1);
        place.path = text.substr(second + 1);
        return place;
    }
};

inline std::string hexadecimal(std::string_view bytes) {
    std::string digits;
    for (const char byte : bytes) {
        const auto value = static_cast<unsigned char>(byte);
        digits += "0123456789abcdef"[value / 16];
        digits += "0123456789abcdef"[value % 16];
    }
    return digits;
}

/// The file of this path as it was loaded, open; -1 if it is another one now. That of the program
/// itself stays the same, whatever is put in its place.
inline int open_as_loaded(const code_place& place) {
    const bool is_program = place.path.empty();
    const char* const path = is_program ? "/proc/self/exe" : place.path.c_str();
    const int file = ::open(path, O_RDONLY | O_NONBLOCK);  // a tool inherits it
    if (file < 0) return -1;
    struct stat about {};
    const bool is_it = ::fstat(file, &about) == 0 && S_ISREG(about.st_mode) &&
                       with_build_id(file, [&](std::string_view id) {
                           return hexadecimal(id) == place.build_id && (is_program || !id.empty());
                       });
    if (is_it) return file;
    ::close(file);
    return -1;
}

}  // namespace detail

/// What is known of each place, in their order.
[[nodiscard]] inline std::vector<source_lines> symbolize(
    const std::vector<std::string_view>& places) {
    std::vector<source_lines> all(places.size());
    std::map<std::pair<std::string, std::string>, std::vector<std::size_t>> by_file;
    std::vector<std::uint64_t> addresses;
    for (std::size_t i = 0; i < places.size(); ++i) {
        const auto place = detail::code_place::parse(places[i]);
        addresses.push_back(place.address);
        if (place.address != 0) by_file[{place.path, place.build_id}].push_back(i);
    }
    ::unsetenv("DEBUGINFOD_URLS");  // nothing is fetched over a network
    for (const auto& [which, indices] : by_file) {
        const int file = detail::open_as_loaded({0, which.second, which.first});
        if (file < 0) continue;
        std::vector<std::uint64_t> wanted;
        for (const std::size_t index : indices) wanted.push_back(addresses[index]);
        std::vector<source_lines> found = detail::lines_by_tool(file, wanted);
        for (std::size_t i = 0; i < std::min(found.size(), indices.size()); ++i)
            all[indices[i]] = std::move(found[i]);
        ::close(file);
    }
    return all;
}

}  // namespace restful_functions::process
