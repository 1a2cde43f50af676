/// A list of types.
#pragma once

namespace restful_functions::detail {

/// A list of types, none of which need be complete.
template <typename... Type>
struct types {};

}  // namespace restful_functions::detail
