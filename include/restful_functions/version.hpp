/// The version of the library.
#pragma once

/// For the preprocessor: 10000 × major + 100 × minor + patch (https://semver.org).
#define RESTFUL_FUNCTIONS_VERSION 100

namespace restful_functions {

/// For people.
inline constexpr const char* version = "0.1.0";

}  // namespace restful_functions
