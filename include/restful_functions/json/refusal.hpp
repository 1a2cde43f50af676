/// Why a JSON value was not taken, and where in it: the value that a failed decode returns.
#pragma once

#include <charconv>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace restful_functions::json {

/// Why a value cannot be decoded.
struct refusal {
    std::string detail;   ///< for people: "1.5 is not an integer"
    std::string pointer;  ///< RFC 6901 pointer of the culprit, relative to the decoded value: "" or
                          ///< "/points/2"

    /// The same refusal, seen from the object that holds the culprit as its member `name`.
    refusal in(std::string_view name) && {
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

    /// The same refusal, seen from the array that holds the culprit as its element `index`.
    refusal in(std::size_t index) && {
        pointer.insert(0, "/" + std::to_string(index));
        return std::move(*this);
    }
};

/// A `T`, or the refusal that stands in its place.
template <typename T>
class [[nodiscard]] decoded {
 public:
    using value_type = T;

    decoded(T value) : state_(std::in_place_index<0>, std::move(value)) {}
    decoded(json::refusal why) : state_(std::in_place_index<1>, std::move(why)) {}

    explicit operator bool() const noexcept { return state_.index() == 0; }

    /// The value; only when there is one.
    T& operator*() & noexcept { return *std::get_if<0>(&state_); }
    const T& operator*() const& noexcept { return *std::get_if<0>(&state_); }
    T&& operator*() && noexcept { return std::move(*std::get_if<0>(&state_)); }
    T* operator->() noexcept { return std::get_if<0>(&state_); }
    const T* operator->() const noexcept { return std::get_if<0>(&state_); }

    /// The refusal; only when there is no value.
    json::refusal& why() & noexcept { return *std::get_if<1>(&state_); }
    const json::refusal& why() const& noexcept { return *std::get_if<1>(&state_); }
    json::refusal&& why() && noexcept { return std::move(*std::get_if<1>(&state_)); }

 private:
    std::variant<T, json::refusal> state_;
};

}  // namespace restful_functions::json
