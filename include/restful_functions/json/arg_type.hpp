/// The six kinds of arguments that the catalogue of functions names.
#pragma once

#include <string_view>

namespace restful_functions {

/// The kind of JSON value that an argument is best written as.
enum class arg_type { integer, floating, string, boolean, list, dict };

/// The name on the wire: "INTEGER", "FLOAT", "STRING", "BOOLEAN", "LIST" or "DICT".
constexpr std::string_view to_string(arg_type type) noexcept {
    switch (type) {
        case arg_type::integer:
            return "INTEGER";
        case arg_type::floating:
            return "FLOAT";
        case arg_type::string:
            return "STRING";
        case arg_type::boolean:
            return "BOOLEAN";
        case arg_type::list:
            return "LIST";
        case arg_type::dict:
            return "DICT";
    }
    return {};
}

}  // namespace restful_functions
