/// inheritance: what the fork server takes over from the process that forks it, and what it does
/// not.
#pragma once

#include <restful_functions/process/descriptors.hpp>
#include <restful_functions/process/memory_cgroup.hpp>
#include <restful_functions/process/operating_system.hpp>
#include <restful_functions/process/program_descriptors.hpp>
#include <restful_functions/process/protocol.hpp>
#include <restful_functions/process/slot_arena.hpp>

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <span>
#include <string>

namespace restful_functions::process {

/// What the fork server receives from the process that forks it. The descriptors are that process's
/// numbers.
struct fork_server_inheritance {
    int channel = -1;
    int arena = -1;
    int completion = -1;
    int image = -1;        ///< the program's frozen memory; -1: none of it is frozen
    bool is_first = true;  ///< and has time to freeze memory: no call waits for it
    slot_layout layout;
    bool pass_log_through = false;
    bool core_dumps = false;
    rlimit open_files{};             ///< of the calls
    std::span<roster_entry> roster;  ///< one entry for each slot
    const memory_cgroup& memory;
    program_descriptors& opened;
};

/// Puts the three descriptors where child.hpp wants them, and closes all others but the program's:
/// no client's connection is in a task process.
inline void keep_only(const fork_server_inheritance& inherited, operating_system& system) {
    const int above = std::max(completion_descriptor, inherited.opened.highest()) + 1;
    const std::string call = "fcntl(F_DUPFD_CLOEXEC), which needs a limit of " +
                             std::to_string(above + 16) + " open files or more";
    const auto moved = [&](int descriptor) {
        return checked(::fcntl(descriptor, F_DUPFD_CLOEXEC, above), call.c_str());
    };
    const int channel = moved(inherited.channel);
    const int arena = moved(inherited.arena);
    const int completion = moved(inherited.completion);
    const int image = inherited.image < 0 ? -1 : moved(inherited.image);
    checked(::dup3(channel, channel_descriptor, O_CLOEXEC), "dup3");
    checked(::dup3(arena, arena_descriptor, O_CLOEXEC), "dup3");
    checked(::dup3(completion, completion_descriptor, O_CLOEXEC), "dup3");
    if (image >= 0) checked(::dup3(image, image_descriptor, O_CLOEXEC), "dup3");
    const int nothing = moved(checked(::open("/dev/null", O_RDWR), "open(/dev/null)"));
    ::dup2(nothing, STDIN_FILENO);
    for (const int output : {STDOUT_FILENO, STDERR_FILENO}) {
        // A host without one may have anything else there, which then is not to be inherited.
        const int flags = ::fcntl(output, F_GETFD);
        if (flags < 0 || (flags & FD_CLOEXEC) != 0) ::dup2(nothing, output);
    }
    inherited.opened.withhold();
    inherited.opened.close_others(image_descriptor, completion_descriptor, system);
    ::close(log_descriptor);
    if (image < 0) ::close(image_descriptor);
}

}  // namespace restful_functions::process
