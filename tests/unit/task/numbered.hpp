/// Ids of tasks that tests tell apart by a number.
#pragma once

#include <restful_functions/task/uuid.hpp>

#include <cstddef>
#include <cstdint>

namespace test {

inline restful_functions::task::uuid numbered(int n) {
    restful_functions::task::uuid::bytes bytes{};
    for (std::size_t i = 0; i < sizeof n; ++i) bytes[i] = static_cast<std::uint8_t>(n >> (8 * i));
    return restful_functions::task::uuid(bytes);
}

}  // namespace test
