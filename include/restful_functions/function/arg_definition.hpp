/// One argument of a function, as the catalogue shows it.
#pragma once

#include <restful_functions/json/arg_type.hpp>

#include <string>

namespace restful_functions {

/// One argument of a registered function, as the catalogue shows it.
struct arg_definition {
    std::string name;
    arg_type type = arg_type::dict;
    bool is_required = true;  ///< whether a call that leaves it out is refused
    std::string description;
    bool is_secret = false;  ///< whether its values are never shown
    bool is_blob = false;    ///< whether it takes bytes with a media type
};

}  // namespace restful_functions
