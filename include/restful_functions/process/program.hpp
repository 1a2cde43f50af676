/// program: what a task process runs. Bytes come in, bytes go out; what they mean is the caller's
/// business.
#pragma once

#include <restful_functions/process/isolation.hpp>
#include <restful_functions/process/limits.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace restful_functions::process {

/// The part of the slot that receives a call's result. `run` writes at most `capacity` bytes to
/// `data` and leaves their number in `size`; a result that does not fit sets `overflow` instead.
struct window {
    char* data = nullptr;
    std::size_t capacity = 0;
    std::size_t size = 0;
    bool overflow = false;
    std::size_t type_size = 0;  ///< so many of the first bytes say of what type the others are
};

/// What holds for each call of a function.
struct call_policy {
    restful_functions::limits limits{};
    restful_functions::isolation isolation = restful_functions::isolation::process;
    std::size_t worker_calls = 1000;  ///< that one process serves, if it may serve several
    /// How long a process may take to end when its call has ended.
    std::chrono::milliseconds grace = std::chrono::seconds(2);
};

/// One object, made before the fork server and shared copy-on-write with every task process.
class program {
 public:
    program() = default;
    program(const program&) = delete;
    program& operator=(const program&) = delete;
    virtual ~program() = default;

    /// Runs in every task process before it parks, so that the page faults and lazy bindings of a
    /// call lie outside of the call. `entry` is the number of the function that was called last and
    /// so may well be the next. Must have no lasting effect.
    virtual void warm_up(std::uint32_t /*entry*/) noexcept {}

    /// How many functions it has; those with a smaller number may be called.
    [[nodiscard]] virtual std::uint32_t functions() const { return 0; }

    /// A line for each function, with all by which a new run of the program can tell that it has
    /// the same ones.
    [[nodiscard]] virtual std::string registration() const { return {}; }

    /// Its number among the programs of this process, the same in each run.
    [[nodiscard]] virtual std::uint32_t number() const { return 0; }

    /// Whether `on_process_start` does anything.
    [[nodiscard]] virtual bool has_hook() const { return false; }

    /// Runs in every task process before its first call, and where its memory is put back for each
    /// call, before each. May throw, crash, exit or never return: that is how the call ends then.
    virtual void on_process_start() {}

    /// The policy of the function with the number `entry`. Asked in the task process, before `run`,
    /// and in the server.
    [[nodiscard]] virtual call_policy policy_of(std::uint32_t /*entry*/) const { return {}; }

    /// Runs the function with the number `entry` in a task process of its own. `input` and `output`
    /// are the same memory: the first byte of the result ends the input. Processes forked in here
    /// see neither. May throw, crash, exit or never return.
    virtual void run(std::uint32_t entry, std::string_view input, window& output) = 0;
};

}  // namespace restful_functions::process
