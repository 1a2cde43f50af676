/// JSON text in: parsed strictly (RFC 8259), without recursion, and only as deep as later code may
/// recurse.
#pragma once

#include <restful_functions/json/memory.hpp>
#include <restful_functions/json/refusal.hpp>

#include <rapidjson/document.h>

#include <cstddef>
#include <string_view>

namespace restful_functions::json {

using memory_pool = rapidjson::MemoryPoolAllocator<detail::throwing_heap>;
using value = rapidjson::GenericValue<rapidjson::UTF8<>, memory_pool>;
using document = rapidjson::GenericDocument<rapidjson::UTF8<>, memory_pool, detail::throwing_heap>;

/// The levels of arrays and objects that `parse` accepts: copying or writing a value takes stack
/// for each of them.
inline constexpr std::size_t max_depth = 512;

/// Parses `text`. The refusal says "not JSON: <reason> at byte <offset>" or "nested deeper than 512
/// levels".
decoded<document> parse(std::string_view text);

/// Whether `text` is exactly one JSON value, of any depth. Builds no value.
bool is_valid(std::string_view text);

}  // namespace restful_functions::json

#ifndef RESTFUL_FUNCTIONS_SEPARATE_COMPILATION
#include <restful_functions/json/parse_definitions.hpp>
#endif
