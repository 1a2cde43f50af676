/// outcome: how a call in a process of its own ended, and the sentence that says so.
#pragma once

#include <restful_functions/process/limits.hpp>

#include <sys/wait.h>

#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <variant>

namespace restful_functions::process {

/// The function returned: its result as the program wrote it.
struct returned {
    std::string bytes;
    std::string type{};  ///< of the bytes, where the program said one
};

/// The function threw. `what` is that of a std::exception, or a sentence that names the type.
struct threw {
    std::string what;
    std::string type;  ///< demangled: "std::runtime_error", "int"
};

/// A signal killed the process.
struct crashed {
    int signal = 0;
    /// What the instruction accessed, or for SIGFPE and SIGILL where it lies, if the kernel told.
    std::optional<std::uintptr_t> address;
    /// The frames of the thread that crashed, innermost first, one a line. Empty when the process
    /// had no chance to look, as with SIGKILL.
    std::string backtrace;
};

/// The process ended by itself, with this exit status, before the function returned.
struct exited {
    int status = 0;
};

/// An allocation failed: the function's memory limit, or without one the system's.
struct out_of_memory {
    std::optional<bytes> limit;
};

/// The function used all its processor time.
struct cpu_limit {
    std::chrono::milliseconds limit{};
};

/// The result did not fit into `limit` bytes.
struct result_too_large {
    std::size_t limit = 0;
};

/// The call's process was lost, or none could be had, for a reason outside of the function.
struct lost {
    std::string why;
};

/// How a call ended whose result the server cannot keep.
inline lost without_memory() { return {"the server had no memory left for the result"}; }

using outcome = std::variant<returned, threw, crashed, exited, out_of_memory, cpu_limit,
                             result_too_large, lost>;

/// "SIGSEGV"; "signal 35" where signal(7) has no name for it.
inline std::string signal_abbreviation(int signal) {
    const char* abbreviation = ::sigabbrev_np(signal);
    return abbreviation != nullptr ? std::string("SIG") + abbreviation
                                   : "signal " + std::to_string(signal);
}

/// "SIGSEGV (Segmentation fault)".
inline std::string signal_name(int signal) {
    const char* description = ::sigdescr_np(signal);
    const std::string abbreviation = signal_abbreviation(signal);
    return description != nullptr ? abbreviation + " (" + description + ")" : abbreviation;
}

/// How a process ended that left no result, from its wait status (waitpid(2)).
inline outcome outcome_of_wait_status(int status) {
    if (WIFSIGNALED(status)) {
        return crashed{WTERMSIG(status), std::nullopt, {}};
    }
    return exited{WEXITSTATUS(status)};
}

namespace detail {

/// "1 s", "1.5 s".
inline std::string seconds(std::chrono::milliseconds duration) {
    std::string text = std::to_string(duration.count() / 1000);
    if (const auto rest = duration.count() % 1000; rest != 0) {
        const std::string digits = std::to_string(1000 + rest).substr(1);
        text += "." + digits.substr(0, digits.find_last_not_of('0') + 1);
    }
    return text + " s";
}

struct description {
    std::string operator()(const returned&) const { return "returned"; }
    std::string operator()(const threw& end) const { return end.what; }
    std::string operator()(const crashed& end) const {
        return "killed by " + signal_name(end.signal);
    }
    std::string operator()(const exited& end) const {
        return "exited with status " + std::to_string(end.status) + " before returning";
    }
    std::string operator()(const out_of_memory& end) const {
        return end.limit ? "out of memory (limit " + std::to_string(end.limit->value) + " bytes)"
                         : "out of memory";
    }
    std::string operator()(const cpu_limit& end) const {
        return "used more than " + seconds(end.limit) + " of processor time";
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
