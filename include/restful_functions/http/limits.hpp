/// How large a request may be.
#pragma once

#include <cstddef>

namespace restful_functions::http {

/// The bounds of a parser; what is larger is refused with the status named here.
struct limits {
    std::size_t max_header_bytes = 16 * 1024;      ///< Request line and fields: 414 or 431.
    std::size_t max_body_bytes = 8 * 1024 * 1024;  ///< Body without its coding: 413.
    std::size_t max_fields = 100;                  ///< Header fields: 431.
};

}  // namespace restful_functions::http
