/// outcome: how a call in a process of its own ended, and the sentence that says so.
#pragma once

#include <sys/wait.h>

#include <csignal>
#include <cstddef>
#include <cstring>
#include <string>
#include <variant>

namespace restful_functions::process {

/// The function returned: its result as the program wrote it.
struct returned {
    std::string bytes;
};

/// The function threw: `what()` of a std::exception, or the name of the type of anything else.
struct threw {
    std::string what;
};

/// A signal killed the process.
struct killed {
    int signal = 0;
};

/// The process ended by itself, with this exit status, before the function returned.
struct exited {
    int status = 0;
};

/// The result did not fit into `limit` bytes.
struct result_too_large {
    std::size_t limit = 0;
};

/// The call's process was lost, or none could be had, for a reason outside of the function.
struct lost {
    std::string why;
};

using outcome = std::variant<returned, threw, killed, exited, result_too_large, lost>;

/// "SIGSEGV (Segmentation fault)", as signal(7) and sigabbrev_np(3) name it.
inline std::string signal_name(int signal) {
    const char* abbreviation = ::sigabbrev_np(signal);
    const char* description = ::sigdescr_np(signal);
    if (abbreviation == nullptr || description == nullptr) {
        return "signal " + std::to_string(signal);
    }
    return std::string("SIG") + abbreviation + " (" + description + ")";
}

/// How a process ended that left no result, from its wait status (waitpid(2)).
inline outcome outcome_of_wait_status(int status) {
    if (WIFSIGNALED(status)) {
        return killed{WTERMSIG(status)};
    }
    return exited{WEXITSTATUS(status)};
}

namespace detail {

struct description {
    std::string operator()(const returned&) const { return "returned"; }
    std::string operator()(const threw& end) const { return end.what; }
    std::string operator()(const killed& end) const {
        return "killed by " + signal_name(end.signal);
    }
    std::string operator()(const exited& end) const {
        return "exited with status " + std::to_string(end.status) + " before returning";
    }
    std::string operator()(const result_too_large& end) const {
        return "the result is larger than " + std::to_string(end.limit) + " bytes";
    }
    std::string operator()(const lost& end) const { return end.why; }
};

}  // namespace detail

/// The sentence for people: "killed by SIGSEGV (Segmentation fault)", "exited with status 3 before
/// returning", …
inline std::string describe(const outcome& end) { return std::visit(detail::description{}, end); }

}  // namespace restful_functions::process
