/// A process that is rewound after each of its calls, and how it ends.
#pragma once

#include <restful_functions/process/rewinder.hpp>

#include <doctest/doctest.h>

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace test {

using namespace restful_functions::process;

inline constexpr int first_descriptor = 50;

/// How a process of calls ends; doctest prints what it does not equal.
namespace ending {
inline constexpr int fresh = 0;    ///< each call found what the first found
inline constexpr int stale = 1;    ///< one did not
inline constexpr int refused = 2;  ///< there was no image
inline constexpr int gave_up = 3;  ///< rewind() returned
inline constexpr int died = 4;     ///< of a signal
inline constexpr int unprepared = 5;
}  // namespace ending

inline int& shared_number() {
    return *static_cast<int*>(
        ::mmap(nullptr, sizeof(int), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
}

/// In a process of its own, calls `call` with 1, 2, 3… and a rewind after each. `call` returns
/// whether it found everything as the first one did, and spoils what it likes. `prepare` is run
/// before, and is not rewound.
template <class Call, class Prepare = bool (*)()>
int rewind_after(
    Call call, int rounds = 3, Prepare prepare = [] { return true; }) {
    const pid_t child = ::fork();
    if (child == 0) {
        if (!prepare()) ::_exit(ending::unprepared);
        int& round = shared_number();
        const auto image = rewinder::mark(first_descriptor);
        if (!image) ::_exit(ending::refused);
        if (round == rounds) ::_exit(ending::fresh);
        ++round;
        if (!call(round)) ::_exit(ending::stale);
        image->rewind();
        ::_exit(ending::gave_up);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : ending::died;
}

/// Why a process with what the caller has made beforehand has no image.
inline mark_refusal refusal_of_mark() {
    const pid_t child = ::fork();
    if (child == 0) {
        auto why = mark_refusal::none;
        ::_exit(rewinder::mark(first_descriptor, &why) ? 0 : static_cast<int>(why));
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return static_cast<mark_refusal>(WEXITSTATUS(status));
}

/// false, and a message: there is nothing to be tested here, as on an old kernel or with a
/// sanitizer.
inline bool possible() {
    static const bool can = can_rewind() && rewind_after([](int) { return true; }) == ending::fresh;
    if (!can) MESSAGE("skipped: this process cannot be rewound");
    return can;
}

}  // namespace test
