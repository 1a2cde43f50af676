/// What schema.hpp declares and needs no template for.
#pragma once

#include <restful_functions/detail/json_text.hpp>
#include <restful_functions/detail/quoted.hpp>
#include <restful_functions/detail/separate_compilation.hpp>
#include <restful_functions/detail/type_name.hpp>
#include <restful_functions/json/schema.hpp>

#include <cstddef>
#include <functional>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace restful_functions::json {

RESTFUL_FUNCTIONS_INLINE std::string schemas::named(const void* type, std::string_view spelling,
                                                    const std::function<std::string()>& write) {
    const auto reference = [](const std::string& name) {
        return R"({"$ref": "#/components/schemas/)" + name + R"("})";
    };
    if (const auto known = names_.find(type); known != names_.end())
        return reference(known->second);
    const std::string plain = restful_functions::detail::plain_type_name(spelling);
    std::string name = plain;
    // Types of unnamed namespaces may have the same name.
    for (int next = 2; components_.contains(name); ++next)
        name = plain + "_" + std::to_string(next);
    names_[type] = name;
    components_[name] = "";
    std::string schema = write();
    components_[name] = std::move(schema);
    return reference(name);
}

RESTFUL_FUNCTIONS_INLINE std::string_view schemas::of_type(arg_type type) {
    switch (type) {
        case arg_type::integer:
            return R"({"type": "integer"})";
        case arg_type::floating:
            return R"({"type": "number"})";
        case arg_type::string:
            return R"({"type": "string"})";
        case arg_type::boolean:
            return R"({"type": "boolean"})";
        case arg_type::list:
            return R"({"type": "array", "items": {}})";
        case arg_type::dict:
            return "{}";  // raw JSON is DICT, too
    }
    return "{}";
}

namespace detail {

RESTFUL_FUNCTIONS_INLINE std::string with_member(std::string schema, std::string_view name,
                                                 std::string_view value) {
    schema.pop_back();
    if (schema.size() > 1) schema += ", ";
    schema += restful_functions::detail::quoted(name);
    return schema.append(": ").append(value).append("}");
}

RESTFUL_FUNCTIONS_INLINE std::string schema_of_type(std::string_view name) {
    return R"({"type": ")" + std::string(name) + R"("})";
}

RESTFUL_FUNCTIONS_INLINE std::string integer_schema(std::size_t bits, std::string_view least,
                                                    std::string_view greatest) {
    auto schema = restful_functions::detail::json_text::object();
    schema.add("type", R"("integer")");
    // OpenAPI's registry of formats has names for int8 to int64 and uint8 to uint64.
    const bool is_signed = least.starts_with('-');
    schema.add("format", restful_functions::detail::quoted((is_signed ? "int" : "uint") +
                                                           std::to_string(bits)));
    return schema.add("minimum", least).add("maximum", greatest).end();
}

RESTFUL_FUNCTIONS_INLINE std::string enum_schema(std::span<const std::string_view> names) {
    auto list = restful_functions::detail::json_text::array();
    for (const std::string_view name : names) {
        if (!name.empty()) list.add(restful_functions::detail::quoted(name));
    }
    return with_member(schema_of_type("string"), "enum", list.end());
}

RESTFUL_FUNCTIONS_INLINE std::string or_null(const std::string& schema) {
    if (schema == "{}") return schema;
    return R"({"anyOf": [)" + schema + R"(, {"type": "null"}]})";
}

RESTFUL_FUNCTIONS_INLINE std::string any_of(std::initializer_list<std::string> schemas) {
    auto list = restful_functions::detail::json_text::array();
    for (const std::string& schema : schemas) list.add(schema);
    return R"({"anyOf": )" + list.end() + "}";
}

RESTFUL_FUNCTIONS_INLINE std::string tuple_schema(std::initializer_list<std::string> elements) {
    auto list = restful_functions::detail::json_text::array();
    for (const std::string& schema : elements) list.add(schema);
    const std::string length = std::to_string(elements.size());
    auto schema = restful_functions::detail::json_text::object();
    schema.add("type", R"("array")");
    if (elements.size() > 0) {
        schema.add("prefixItems", list.end());
    } else {
        schema.add("items", "{}");
    }
    // "items": false would say the same as maxItems, but not all generators of clients take a truth
    // value for a schema.
    return schema.add("minItems", length).add("maxItems", length).end();
}

RESTFUL_FUNCTIONS_INLINE object_schema& object_schema::add(std::string_view name,
                                                           std::string_view schema,
                                                           bool is_required) {
    const std::string quoted = restful_functions::detail::quoted(name);
    if (!properties_.empty()) properties_ += ", ";
    properties_.append(quoted).append(": ").append(schema);
    if (is_required) {
        if (!required_.empty()) required_ += ", ";
        required_ += quoted;
    }
    return *this;
}

RESTFUL_FUNCTIONS_INLINE std::string object_schema::end() const {
    auto schema = restful_functions::detail::json_text::object();
    schema.add("type", R"("object")").add("properties", "{" + properties_ + "}");
    if (!required_.empty()) schema.add("required", "[" + required_ + "]");
    schema.add("additionalProperties", "false");
    return schema.end();
}

}  // namespace detail
}  // namespace restful_functions::json
