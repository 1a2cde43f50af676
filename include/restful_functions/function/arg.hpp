/// The names of a function's arguments, checked while the program is compiled.
#pragma once

#include <restful_functions/detail/field_names.hpp>
#include <restful_functions/detail/fields.hpp>
#include <restful_functions/detail/spelling.hpp>
#include <restful_functions/json/structs.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <initializer_list>
#include <string_view>
#include <type_traits>

namespace restful_functions {

/// The type of `restful_functions::secret`.
struct secret_t {};

/// `{"password", "of the account", restful_functions::secret}`: an argument whose values are never
/// shown, neither in a refusal nor in a log.
inline constexpr secret_t secret{};

/// The name of an argument, and for people what it means.
struct arg {
    constexpr arg() = default;
    constexpr arg(const char* called, const char* meaning = "")
        : name(called), description(meaning) {}
    constexpr arg(const char* called, const char* meaning, secret_t)
        : name(called), description(meaning), is_secret(true) {}

    std::string_view name;
    std::string_view description;
    bool is_secret = false;
};

/// The type of `restful_functions::fields`.
struct fields_t {};

/// `.args = restful_functions::fields`: the fields of the only parameter are the arguments.
inline constexpr fields_t fields{};

namespace detail {

// Not defined, and therefore not callable while the program is compiled: the call is the error, and
// the name is its message.
void error__args_needs_one_name_for_each_parameter_of_the_function();
void error__two_names_in_args_are_the_same();
void error__a_name_in_args_is_not_an_identifier();
void error__args_describes_a_field_that_the_aggregate_does_not_have();

/// The fields of the only parameter, when it is an aggregate; no names otherwise.
template <typename... Parameter>
inline constexpr std::array<std::string_view, 0> parameter_fields;
template <json::plain_aggregate Parameter>
inline constexpr auto parameter_fields<Parameter> = field_names<Parameter>;

/// What can be written after `.args =` for a function with these parameters (without references).
template <typename... Parameter>
class arg_list {
    static constexpr std::size_t parameters = sizeof...(Parameter);
    static constexpr auto& field_names = parameter_fields<Parameter...>;

 public:
    static constexpr bool is_one_aggregate =
        parameters == 1 && (json::plain_aggregate<Parameter> && ...);

    /// No `.args` at all.
    consteval arg_list() {
        static_assert(parameters == 0,
                      "this function has parameters: name each of them in .args = {\"...\"}");
        // GCC tells the user's line only when the evaluation fails, too.
        if (parameters != 0) error__args_needs_one_name_for_each_parameter_of_the_function();
    }

    /// `{"x", "y"}` or `{{"x", "the abscissa"}, {"y", "the ordinate"}}`: one for each parameter.
    consteval arg_list(std::initializer_list<arg> args) {
        if (args.size() != parameters) {
            error__args_needs_one_name_for_each_parameter_of_the_function();
        }
        for (const arg& each : args) add(each);
    }

    /// `restful_functions::fields`: one for each field of the only parameter.
    consteval arg_list(fields_t) : are_fields_(true) {
        static_assert(is_one_aggregate,
                      ".args = fields needs a function whose only parameter is a plain aggregate: "
                      "name the parameters instead");
        for (const std::string_view name : field_names) args_[size_++].name = name;
    }

    /// `{restful_functions::fields, {{"radius", "in metres"}}}`: the fields, some of them
    /// described.
    consteval arg_list(fields_t, std::initializer_list<arg> descriptions) : arg_list(fields) {
        for (const arg& each : descriptions) described(each.name) = each;
    }

    /// Whether the arguments are the fields of the only parameter.
    constexpr bool are_fields() const noexcept { return are_fields_; }
    constexpr const arg* begin() const noexcept { return args_.data(); }
    constexpr const arg* end() const noexcept { return args_.data() + size_; }

 private:
    consteval void add(const arg& added) {
        if (!is_identifier(added.name)) error__a_name_in_args_is_not_an_identifier();
        for (const arg& other : *this) {
            if (other.name == added.name) error__two_names_in_args_are_the_same();
        }
        args_[size_++] = added;
    }

    consteval arg& described(std::string_view name) {
        for (std::size_t i = 0; i < size_; ++i) {
            if (args_[i].name == name) return args_[i];
        }
        error__args_describes_a_field_that_the_aggregate_does_not_have();
        return args_[0];
    }

    std::array<arg, std::max(parameters, field_names.size())> args_{};
    std::size_t size_ = 0;
    bool are_fields_ = false;
};

}  // namespace detail
}  // namespace restful_functions
