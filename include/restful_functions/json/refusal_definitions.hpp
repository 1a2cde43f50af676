/// What refusal.hpp declares.
#pragma once

#include <restful_functions/detail/separate_compilation.hpp>
#include <restful_functions/json/refusal.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace restful_functions::json {

RESTFUL_FUNCTIONS_INLINE refusal refusal::in(std::string_view name) && {
    std::string step = "/";
    for (const char c : name) {
        if (c == '~') {
            step += "~0";
        } else if (c == '/') {
            step += "~1";
        } else {
            step += c;
        }
    }
    pointer.insert(0, step);
    return std::move(*this);
}

RESTFUL_FUNCTIONS_INLINE refusal refusal::in(std::size_t index) && {
    pointer.insert(0, "/" + std::to_string(index));
    return std::move(*this);
}

}  // namespace restful_functions::json
