/// A text that a test has packed.
#pragma once

#include <cstddef>
#include <string>

namespace test {

/// Digits that do not repeat themselves much.
inline std::string numbers(std::size_t size) {
    std::string text;
    for (std::size_t n = 1; text.size() < size; ++n) text += std::to_string(n * n * 2654435761);
    return text.substr(0, size);
}

}  // namespace test
