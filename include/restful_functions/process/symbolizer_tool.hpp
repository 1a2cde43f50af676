/// symbolizer_tool: source lines as addr2line(1) tells them, where it is installed.
#pragma once

#include <restful_functions/process/call_plumbing.hpp>
#include <restful_functions/process/crash_frames.hpp>

#include <cxxabi.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace restful_functions::process::detail {

/// The file tells best what a function is of: where the debug information has no mangled name of an
/// inlined function, addr2line gives the innermost one the name of the function that it is in.
inline source_line make_source_line(const std::string& function, std::string_view file,
                                    std::string_view number) {
    source_line made{function, {}, is_call_plumbing(function)};
    if (!file.empty()) {
        const bool has_wrong_name =
            std::exchange(made.is_plumbing, is_file_of_call_plumbing(file)) && !made.is_plumbing;
        if (has_wrong_name) made.function = "?";
        if (!number.empty() && number != "0") made.line.append(file).append(":").append(number);
    }
    char* const demangled = abi::__cxa_demangle(made.function.c_str(), nullptr, nullptr, nullptr);
    if (demangled != nullptr) made.function = demangled;
    std::free(demangled);
    return made;
}

/// What addr2line -a -f -i prints: for each address itself, and then a function and its line, once
/// for each function that is inlined there.
inline std::vector<source_lines> parse_tool(std::string_view printed) {
    std::vector<source_lines> all;
    const auto take_line = [&printed] {
        const std::string_view line = printed.substr(0, printed.find('\n'));
        printed.remove_prefix(std::min(line.size() + 1, printed.size()));
        return line;
    };
    while (!printed.empty()) {
        const std::string_view line = take_line();
        if (line.starts_with("0x")) {
            all.emplace_back();
        } else if (!all.empty()) {
            std::string_view where = take_line();  // "/home/me/area.cpp:12 (discriminator 3)"
            where = where.substr(0, where.find(" (discriminator"));
            const std::size_t colon = where.rfind(':');
            const std::string_view number =
                colon == where.npos ? std::string_view() : where.substr(colon + 1);
            const bool is_known = !where.starts_with("??") && number != "?";
            all.back().push_back(make_source_line(
                std::string(line), is_known ? where.substr(0, colon) : std::string_view(), number));
        }
    }
    return all;
}

/// What a tool prints on its standard output; nothing where it cannot be run.
inline std::string output_of(const std::vector<std::string>& words) {
    std::array<int, 2> pipe{};
    if (::pipe2(pipe.data(), O_CLOEXEC) != 0) return {};
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, pipe[1], STDOUT_FILENO);
    ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    std::vector<char*> arguments;
    for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    pid_t tool = 0;
    const int error =
        ::posix_spawnp(&tool, words.front().c_str(), &actions, nullptr, arguments.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(pipe[1]);
    std::string printed;
    std::array<char, 4096> part;
    for (ssize_t size = 0; error == 0 && (size = ::read(pipe[0], part.data(), part.size())) > 0;) {
        printed.append(part.data(), static_cast<std::size_t>(size));
    }
    ::close(pipe[0]);
    if (error == 0) ::waitpid(tool, nullptr, 0);
    return printed;
}

/// What is known of addresses in an open file, which has to be inheritable.
inline std::vector<source_lines> lines_by_tool(int file,
                                               const std::vector<std::uint64_t>& addresses) {
    std::vector<std::string> words{"addr2line", "-a", "-f",
                                   "-i",        "-e", "/proc/self/fd/" + std::to_string(file)};
    for (const std::uint64_t address : addresses) {
        std::array<char, 16> digits;
        const auto end =
            std::to_chars(digits.data(), digits.data() + digits.size(), address, 16).ptr;
        words.push_back("0x" + std::string(digits.data(), end));
    }
    return parse_tool(output_of(words));
}

}  // namespace restful_functions::process::detail
