/// Why a request cannot be accepted as HTTP.
#pragma once

#include <string_view>

namespace restful_functions::http {

/// A status code and the reason for it, which becomes the detail of a problem document. The default
/// is no refusal at all.
struct refusal {
    int status = 0;
    std::string_view reason;  ///< A text that lives for ever.

    /// Whether there is a refusal.
    constexpr explicit operator bool() const noexcept { return status != 0; }
};

}  // namespace restful_functions::http
