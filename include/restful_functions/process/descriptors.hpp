/// descriptors: the fixed numbers that a task process and the fork server have for their
/// descriptors.
#pragma once

namespace restful_functions::process {

/// Descriptors of a task process have fixed numbers, above those that a function's own open() calls
/// get first: a function that closes everything and opens a file does not find its file under the
/// completion's number. They lie below 64, where the kernel copies a descriptor table at fork
/// without allocating one, as long as not many calls print at the same time.
inline constexpr int image_descriptor = 59;    ///< fork server only: the program's frozen memory
inline constexpr int log_descriptor = 60;      ///< where to print, also when stdout is redirected
inline constexpr int nowhere_descriptor = 61;  ///< rewound process only: /dev/null
inline constexpr int channel_descriptor = 61;  ///< fork server only: towards the server
inline constexpr int arena_descriptor = 62;    ///< fork server only: the file behind the slots
inline constexpr int completion_descriptor = 63;  ///< tells the server that a slot is done

}  // namespace restful_functions::process
