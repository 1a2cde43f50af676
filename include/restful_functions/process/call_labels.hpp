/// call_labels: what is said of a call to its process beside the input.
#pragma once

#include <string>
#include <string_view>

namespace restful_functions::process {

/// Of each the first 63 bytes reach the process.
struct call_labels {
    std::string_view id{};     ///< what the function is told that its call is called
    std::string_view trace{};  ///< what TRACEPARENT is in its environment; empty: it is not set
};

}  // namespace restful_functions::process
