/// exception_text: what a slot says of an exception that nobody has caught.
#pragma once

#include <restful_functions/process/program.hpp>

#include <cxxabi.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <typeinfo>

namespace restful_functions::process::detail {

/// Adds a sentence to what the window holds, cut where the window ends.
inline void append(window& output, std::string_view sentence) {
    const std::size_t size = std::min(sentence.size(), output.capacity - output.size);
    std::memcpy(output.data + output.size, sentence.data(), size);
    output.size += size;
}

/// Replaces what the window holds with the type of the exception that is being handled, demangled,
/// and then `what`, or where it has none, a sentence that names the type. Returns the type's size.
inline std::uint32_t write_exception(window& output, const char* what) {
    const std::type_info* type = abi::__cxa_current_exception_type();
    const char* mangled = type != nullptr ? type->name() : "unknown";
    char* demangled = abi::__cxa_demangle(mangled, nullptr, nullptr, nullptr);
    const std::string_view name(demangled != nullptr ? demangled : mangled);
    output.size = 0;
    append(output, name);
    const auto type_size = static_cast<std::uint32_t>(output.size);
    if (what != nullptr) {
        append(output, what);
    } else {
        append(output, "uncaught exception of type ");
        append(output, name);
    }
    std::free(demangled);
    return type_size;
}

}  // namespace restful_functions::process::detail
