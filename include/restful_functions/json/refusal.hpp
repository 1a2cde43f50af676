/// Why a JSON value was not taken, and where in it: the value that a failed decode returns.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace restful_functions::json {

/// Why a value cannot be decoded.
struct refusal {
    std::string detail;   ///< for people: "1.5 is not an integer"
    std::string pointer;  ///< RFC 6901 pointer of the culprit, relative to the decoded value: "" or
                          ///< "/points/2"

    /// The same refusal, seen from the object that holds the culprit as its member `name`.
    refusal in(std::string_view name) &&;

    /// The same refusal, seen from the array that holds the culprit as its element `index`.
    refusal in(std::size_t index) &&;
};

/// A `T`, or the refusal that stands in its place.
template <typename T>
class [[nodiscard]] decoded {
 public:
    using value_type = T;

    decoded(T value) : value_(std::in_place, std::move(value)) {}
    decoded(json::refusal why) : why_(std::move(why)) {}

    explicit operator bool() const noexcept { return value_.has_value(); }

    /// The value; only when there is one.
    T& operator*() & noexcept { return *value_; }
    const T& operator*() const& noexcept { return *value_; }
    T&& operator*() && noexcept { return *std::move(value_); }
    T* operator->() noexcept { return &*value_; }
    const T* operator->() const noexcept { return &*value_; }

    /// The refusal; only when there is no value.
    json::refusal& why() & noexcept { return why_; }
    const json::refusal& why() const& noexcept { return why_; }
    json::refusal&& why() && noexcept { return std::move(why_); }

 private:
    std::optional<T> value_;
    json::refusal why_;
};

}  // namespace restful_functions::json

#ifndef RESTFUL_FUNCTIONS_SEPARATE_COMPILATION
#include <restful_functions/json/refusal_definitions.hpp>
#endif
