/// Functions with their types: the arguments decoded one by one, or as the fields of an aggregate.
#pragma once

#include <restful_functions/detail/fields.hpp>
#include <restful_functions/detail/signature.hpp>
#include <restful_functions/function/callable.hpp>
#include <restful_functions/function/parameters.hpp>
#include <restful_functions/json/codecs.hpp>

#include <array>
#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

namespace restful_functions::detail {

template <typename T>
std::optional<json::refusal> why_not(const json::value& value) {
    auto decoded = json::decode<T>(value);
    if (decoded) return std::nullopt;
    return std::move(decoded).why();
}

/// Why `value` cannot be the type at `index` of the list.
template <typename... T>
std::optional<json::refusal> why_not(types<T...>, std::size_t index, const json::value& value) {
    static constexpr std::array<std::optional<json::refusal> (*)(const json::value&), sizeof...(T)>
        checks{&why_not<T>...};
    return checks.at(index)(value);
}

/// The schema of the type at `index` of the list.
template <typename... T>
std::string schema_of(types<T...>, std::size_t index, json::schemas& all) {
    static constexpr std::array<std::string (json::schemas::*)(), sizeof...(T)> makers{
        &json::schemas::of<T>...};
    return (all.*makers.at(index))();
}

/// The argument that `value` is, nullptr standing for one that was left out.
template <typename T>
json::decoded<T> decode_argument(const json::value* value) {
    if (value != nullptr) return json::decode<T>(*value);
    if constexpr (json::omittable<T>) return T(codec<T>::missing());
    return json::refusal{"is missing", {}};
}

/// The value, which `check` has found to be there before.
template <typename T>
T& checked(json::decoded<T>& decoded) {
    if (!decoded) throw std::invalid_argument("an argument " + decoded.why().detail);
    return *decoded;
}

/// Calls `function` and writes what it returns; nothing is null, and a blob no JSON.
template <typename Function, typename... Argument>
void call(Function& function, json::writer& result, Argument&&... argument) {
    using returned_type = std::invoke_result_t<Function&, Argument...>;
    if constexpr (std::is_void_v<returned_type>) {
        std::invoke(function, std::forward<Argument>(argument)...);
        result.Null();
    } else if constexpr (std::is_same_v<returned<returned_type>, blob>) {
        const blob& made = std::invoke(function, std::forward<Argument>(argument)...);
        // Without a type it would be taken for JSON.
        result.Bytes(made.content_type.empty() ? blob().content_type : made.content_type,
                     made.bytes, made.filename);
    } else {
        json::encode<returned<returned_type>>(
            std::invoke(function, std::forward<Argument>(argument)...), result);
    }
}

/// A value of the result's type is made only where that cannot have an effect.
template <typename Result>
void write_sample(json::writer& result) {
    if constexpr (std::is_arithmetic_v<returned<Result>> ||
                  std::is_same_v<returned<Result>, std::string>) {
        json::encode<returned<Result>>(returned<Result>(), result);
    } else {
        result.Null();
    }
}

/// A function whose arguments are its parameters.
template <typename Function, typename Signature>
class by_parameters;

template <typename Function, typename Result, typename... Parameter>
class by_parameters<Function, signature<Result, Parameter...>> final : public callable {
 public:
    explicit by_parameters(Function function) : function_(std::move(function)) {}

    std::optional<json::refusal> check(std::size_t argument,
                                       const json::value& value) const override {
        return why_not(types<stored<Parameter>...>(), argument, value);
    }

    void invoke(std::span<const json::value* const> values, json::writer& result) const override {
        invoke(values, result, std::index_sequence_for<Parameter...>());
    }

    std::string argument_schema(std::size_t argument, json::schemas& all) const override {
        return schema_of(types<stored<Parameter>...>(), argument, all);
    }

    std::string result_schema(json::schemas& all) const override {
        return all.of<returned<Result>>();
    }

    bool returns_blob() const noexcept override { return std::is_same_v<returned<Result>, blob>; }

    void write_sample(json::writer& result) const override { detail::write_sample<Result>(result); }

 private:
    template <std::size_t... Index>
    void invoke([[maybe_unused]] std::span<const json::value* const> values, json::writer& result,
                std::index_sequence<Index...>) const {
        std::tuple<json::decoded<stored<Parameter>>...> arguments{
            decode_argument<stored<Parameter>>(values[Index])...};
        call(function_, result, static_cast<Parameter&&>(checked(std::get<Index>(arguments)))...);
    }

    /// A call runs in a process of its own: what a stateful object changes there concerns no other.
    mutable Function function_;
};

/// A function whose arguments are the fields of its only parameter.
template <typename Function, typename Signature>
class by_fields;

template <typename Function, typename Result, typename Parameter>
class by_fields<Function, signature<Result, Parameter>> final : public callable {
 public:
    explicit by_fields(Function function) : function_(std::move(function)) {}

    std::optional<json::refusal> check(std::size_t argument,
                                       const json::value& value) const override {
        return why_not(field_types<stored<Parameter>>(), argument, value);
    }

    void invoke(std::span<const json::value* const> values, json::writer& result) const override {
        auto aggregate = json::detail::decode_fields<stored<Parameter>>(values);
        call(function_, result, static_cast<Parameter&&>(checked(aggregate)));
    }

    std::string argument_schema(std::size_t argument, json::schemas& all) const override {
        return json::detail::field_schemas<stored<Parameter>>(all).at(argument);
    }

    std::string result_schema(json::schemas& all) const override {
        return all.of<returned<Result>>();
    }

    bool returns_blob() const noexcept override { return std::is_same_v<returned<Result>, blob>; }

    void write_sample(json::writer& result) const override { detail::write_sample<Result>(result); }

 private:
    mutable Function function_;
};

}  // namespace restful_functions::detail
