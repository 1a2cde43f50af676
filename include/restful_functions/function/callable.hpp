/// The typed end of a registered function, behind an interface that knows no types.
#pragma once

#include <restful_functions/json/parse.hpp>
#include <restful_functions/json/refusal.hpp>
#include <restful_functions/json/schema.hpp>
#include <restful_functions/json/writer.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string>

namespace restful_functions::detail {

/// Decodes the arguments, calls the function, encodes its result.
class callable {
 public:
    virtual ~callable() = default;

    /// Why `value` cannot be the argument at index `argument`.
    virtual std::optional<json::refusal> check(std::size_t argument,
                                               const json::value& value) const = 0;

    /// Calls the function. `values` are in the order of its arguments; nullptr is one that was left
    /// out.
    virtual void invoke(std::span<const json::value* const> values, json::writer& result) const = 0;

    /// The schema of the argument at index `argument`; by default that of anything.
    virtual std::string argument_schema(std::size_t /*argument*/, json::schemas& /*all*/) const {
        return "{}";
    }

    /// The schema of what the function returns.
    virtual std::string result_schema(json::schemas& /*all*/) const { return "{}"; }

    /// Whether it returns a blob.
    virtual bool returns_blob() const noexcept { return false; }

    /// Writes something of the kind that the function returns, without calling it.
    virtual void write_sample(json::writer& result) const { result.Null(); }
};

}  // namespace restful_functions::detail
