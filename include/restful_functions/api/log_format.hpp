/// log_format: how the server tells of requests and tasks.
#pragma once

#include <cstdint>

namespace restful_functions {

/// Lines on the standard error stream.
enum class log_format : std::uint8_t {
    none,   ///< no lines
    plain,  ///< for people
    json,   ///< an object a line, for programs
};

}  // namespace restful_functions
