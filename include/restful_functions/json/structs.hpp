/// Codec of plain aggregates: JSON objects with the fields' own names.
#pragma once

#include <restful_functions/detail/field_names.hpp>
#include <restful_functions/detail/fields.hpp>
#include <restful_functions/json/codec.hpp>
#include <restful_functions/json/members.hpp>
#include <restful_functions/json/schema.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace restful_functions {

namespace json {

/// A class whose fields can be read and set from outside: no constructor, no base, nothing private;
/// no more than 32 fields, none of them an array of the language, a bit-field or a reference.
template <typename T>
concept plain_aggregate = std::is_class_v<T> && std::is_aggregate_v<T> &&
    std::is_default_constructible_v<T> && restful_functions::detail::has_countable_fields<T>;

namespace detail {

using restful_functions::detail::field_names;
using restful_functions::detail::tie_fields;

/// Whether a field of a fresh aggregate shows that it has a default of its own: the language tells
/// only by a value that is not the type's empty one (0, false, "", no elements).
template <typename Field>
bool has_default(const Field& fresh) {
    if constexpr (std::is_arithmetic_v<Field> || std::is_enum_v<Field>) {
        return fresh != Field{};
    } else if constexpr (requires { fresh.has_value(); }) {
        return fresh.has_value();
    } else if constexpr (requires { fresh.empty(); }) {
        return !fresh.empty();
    } else if constexpr (requires { fresh != Field::zero(); }) {
        return fresh != Field::zero();
    } else {
        return false;
    }
}

/// Whether an object must have a member for a field that is `fresh`.
template <typename Field>
bool is_required(const Field& fresh) {
    return !omittable<Field> && !has_default(fresh);
}

/// Sets `field`, fresh still, to `from`; nullptr stands for a member that was left out.
template <typename Field>
std::optional<refusal> set_field(Field& field, std::string_view name, const value* from) {
    if (from != nullptr) {
        auto value = json::decode<Field>(*from);
        if (!value) return std::move(value).why().in(name);
        field = *std::move(value);
    } else if (is_required(field)) {
        return refusal{std::string(name) + " is missing", {}}.in(name);
    } else if constexpr (omittable<Field>) {
        if (!has_default(field)) field = codec<Field>::missing();
    }
    return std::nullopt;
}

/// The schema of a field that is `fresh`, with its default if it has one.
template <typename Field>
std::string field_schema(const Field& fresh, schemas& all) {
    std::string schema = all.of<Field>();
    if constexpr (std::is_void_v<unencodable<Field>>) {
        if (!has_default(fresh)) return schema;
        const std::string text = text_of_sample(fresh);
        if (!text.empty()) return with_member(std::move(schema), "default", text);
    }
    return schema;
}

/// The schemas of an aggregate's fields, in their order.
template <plain_aggregate T>
std::vector<std::string> field_schemas(schemas& all) {
    std::vector<std::string> list;
    const T fresh{};
    std::apply([&](const auto&... field) { (list.push_back(field_schema(field, all)), ...); },
               tie_fields(fresh));
    return list;
}

/// The schema of an object with the fields of an aggregate.
template <plain_aggregate T>
std::string schema_of_fields(schemas& all) {
    object_schema object;
    const std::vector<std::string> list = field_schemas<T>(all);
    std::size_t next = 0;
    const T fresh{};
    const auto add = [&](const auto& field) {
        object.add(field_names<T>[next], list[next], is_required(field));
        ++next;
    };
    std::apply([&](const auto&... field) { (add(field), ...); }, tie_fields(fresh));
    return object.end();
}

/// An aggregate whose fields are `values`, in their order; nullptr stands for a member that was
/// left out.
template <plain_aggregate T>
decoded<T> decode_fields(std::span<const value* const> values) {
    T object{};
    std::optional<refusal> why;
    std::size_t next = 0;
    const auto set = [&](auto& field) {
        const std::size_t index = next++;
        why = set_field(field, field_names<T>[index], values[index]);
        return !why;
    };
    std::apply([&](auto&... field) { static_cast<void>((set(field) && ...)); }, tie_fields(object));
    if (why) return std::move(*why);
    return object;
}

}  // namespace detail
}  // namespace json

/// An object with the names of the fields.
///
/// A member may be missing when its field is a std::optional, or has a default member initialiser
/// that gives it more than the empty value of its type: `int retries = 3` may be missing, `int x`
/// and `int x = 0` may not, because C++ shows no difference between these two. An unknown member,
/// and one that comes twice, is refused.
template <json::plain_aggregate T>
struct codec<T> {
    static constexpr auto type = arg_type::dict;
    using parts = detail::field_types<T>;

    static json::decoded<T> decode(const json::value& value) {
        constexpr auto& names = detail::field_names<T>;
        if (!value.IsObject()) return json::is_not("an object", value);
        const json::members given(value, names);
        for (std::size_t i = 0; i < names.size(); ++i) {
            if (given.is_repeated(i)) return json::is_repeated(names[i]);
        }
        if (!given.unknown().empty()) {
            const std::string_view name = given.unknown().front();
            return json::refusal{json::unknown_member(name, names), {}}.in(name);
        }
        return json::detail::decode_fields<T>(given.values());
    }

    static void encode(const T& object, json::writer& out) {
        out.StartObject();
        auto name = detail::field_names<T>.begin();
        const auto write = [&](const auto& field) {
            out.Key(*name++);
            json::encode(field, out);
        };
        std::apply([&](const auto&... field) { (write(field), ...); }, detail::tie_fields(object));
        out.EndObject();
    }

    static std::string schema(json::schemas& all) {
        return all.named(&json::detail::type_tag<T>, restful_functions::detail::type_spelling<T>(),
                         [&all] { return json::detail::schema_of_fields<T>(all); });
    }
};

}  // namespace restful_functions
