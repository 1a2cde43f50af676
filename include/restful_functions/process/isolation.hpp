/// isolation: what the calls of a function share with each other.
#pragma once

#include <cstdint>

namespace restful_functions {

/// How the calls of a function are kept apart. Whichever it is, no call shares a process with one
/// that runs at the same time, nor with one of another function: a crash ends that call alone.
enum class isolation : std::uint8_t {
    /// Each call has a process of its own, a fresh copy of what the program was when it started.
    process,
    /// One process serves call after call: what a call leaves in memory is there for the next one.
    /// After `worker_calls` calls, or when a call leaves processes of its own behind, another one
    /// takes its place.
    worker,
    /// One process serves call after call, and its private memory is put back in between: each call
    /// finds what the program was when it started, but for the process's number and what a library
    /// draws when it is forked. A call that leaves a thread, a process, an open file or the like
    /// costs a new process. Where that cannot be done (Linux before 6.7, more than 64 MiB of
    /// memory that cannot be frozen), the same as `process`, and the server says so once.
    rewind,
    /// As `worker`, but the process is no copy of the program: it is a new run of it (the same
    /// executable, arguments, environment and directory), which goes through main() up to start()
    /// and serves there. For what cannot be forked: thread pools, GPU runtimes, virtual machines.
    spawn,
};

}  // namespace restful_functions
