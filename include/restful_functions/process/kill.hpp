/// kill: ends processes together with those that they have started.
#pragma once

#include <unistd.h>

#include <csignal>
#include <cstdio>

namespace restful_functions::process::detail {

/// A process may have left its group; its own number reaches it all the same, and only once.
inline void kill_group(pid_t pid, int signal) {
    ::kill(-pid, signal);
    if (::getpgid(pid) != pid) ::kill(pid, signal);
}

/// All that is left below this process (proc(5), children).
inline void kill_children() {
    if (std::FILE* list = std::fopen("/proc/thread-self/children", "re")) {
        for (pid_t child = 0; std::fscanf(list, "%d", &child) == 1;) ::kill(child, SIGKILL);
        std::fclose(list);
    }
}

}  // namespace restful_functions::process::detail
