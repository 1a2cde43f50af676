/// descriptors: the numbers that a task process and the fork server have for their descriptors.
#pragma once

namespace restful_functions::process {

/// Our own descriptors have a block of numbers above those that a function's own open() calls get
/// first: a function that closes everything and opens a file does not find its file under the
/// completion's number. The block ends below 64, where the kernel copies a descriptor table at fork
/// without allocating one, unless the program has a descriptor there. Under isolation::rewind the
/// rewinder has the numbers right below the image's.
inline constexpr int own_descriptors = 16;
inline constexpr int first_own_descriptor = 64 - own_descriptors;

// The fork server sets them before it forks; in the server they mean nothing.
inline int image_descriptor = 59;       ///< fork server only: the program's frozen memory
inline int log_descriptor = 60;         ///< where to print, also when stdout is redirected
inline int channel_descriptor = 61;     ///< fork server only: towards the server
inline int arena_descriptor = 62;       ///< fork server only: the file behind the slots
inline int completion_descriptor = 63;  ///< tells the server that a slot is done

/// Has the block begin with `first`, in this process and those that it forks.
inline void place_own_descriptors(int first) noexcept {
    completion_descriptor = first + own_descriptors - 1;
    arena_descriptor = completion_descriptor - 1;
    channel_descriptor = completion_descriptor - 2;
    log_descriptor = completion_descriptor - 3;
    image_descriptor = completion_descriptor - 4;
}

}  // namespace restful_functions::process
