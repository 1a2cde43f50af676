/// program: what a task process runs. Bytes come in, bytes go out; what they mean is the caller's
/// business.
#pragma once

#include <restful_functions/process/limits.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace restful_functions::process {

/// The part of the slot that receives a call's result. `run` writes at most `capacity` bytes to
/// `data` and leaves their number in `size`; a result that does not fit sets `overflow` instead.
struct window {
    char* data = nullptr;
    std::size_t capacity = 0;
    std::size_t size = 0;
    bool overflow = false;
};

/// One object, made before the fork server and shared copy-on-write with every task process.
class program {
 public:
    program() = default;
    program(const program&) = delete;
    program& operator=(const program&) = delete;
    virtual ~program() = default;

    /// Runs in every task process before it parks, so that the page faults and lazy bindings of a
    /// call lie outside of the call. Must have no lasting effect.
    virtual void warm_up() noexcept {}

    /// The limits of the function with the number `entry`. Asked in the task process, before `run`,
    /// and in the server.
    [[nodiscard]] virtual limits limits_of(std::uint32_t /*entry*/) const { return {}; }

    /// Runs the function with the number `entry` in a task process of its own. `input` and `output`
    /// are the same memory: the first byte of the result ends the input. Processes forked in here
    /// see neither. May throw, crash, exit or never return.
    virtual void run(std::uint32_t entry, std::string_view input, window& output) = 0;
};

}  // namespace restful_functions::process
