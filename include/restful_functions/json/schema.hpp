/// schemas: the JSON that types are read from and written as, in the terms of JSON Schema.
#pragma once

#include <restful_functions/detail/type_name.hpp>
#include <restful_functions/json/arg_type.hpp>
#include <restful_functions/json/codec.hpp>
#include <restful_functions/json/output.hpp>
#include <restful_functions/json/writer.hpp>

#include <cstddef>
#include <exception>
#include <functional>
#include <initializer_list>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace restful_functions::json {

/// Makes the schemas (JSON Schema 2020-12, as OpenAPI 3.1 has them) of a document, as JSON texts.
/// They tell the form that a value is best written in; what a codec takes besides, as `"3"` for an
/// integer, they do not show.
class schemas {
 public:
    /// The schema of a `T`: that of its codec, or what its `arg_type` tells.
    template <typename T>
    std::string of() {
        if constexpr (requires { codec<T>::schema(*this); }) {
            return codec<T>::schema(*this);
        } else {
            return std::string(of_type(type_of<T>()));
        }
    }

    /// A reference to the schema of a type that the compiler spells like this. `write` makes the
    /// schema when it is asked for first; a type that holds itself finds its name then already.
    std::string named(const void* type, std::string_view spelling,
                      const std::function<std::string()>& write);

    /// The named ones, by name.
    [[nodiscard]] const std::map<std::string, std::string>& components() const noexcept {
        return components_;
    }

 private:
    static std::string_view of_type(arg_type type);

    std::map<const void*, std::string> names_;
    std::map<std::string, std::string> components_;
};

namespace detail {

/// Its address stands for the type.
template <typename T>
inline constexpr char type_tag = 0;

/// The schema with a further member, which `value` is the JSON text of.
std::string with_member(std::string schema, std::string_view name, std::string_view value);

/// `{"type": name}`.
std::string schema_of_type(std::string_view name);

/// Of a number of so many bits.
std::string integer_schema(std::size_t bits, std::string_view least, std::string_view greatest);

/// Of one of these strings; empty ones do not count.
std::string enum_schema(std::span<const std::string_view> names);

/// Of anything, or null.
std::string or_null(const std::string& schema);

/// Of any of these.
std::string any_of(std::initializer_list<std::string> schemas);

/// Of a list with these elements, no more and no less.
std::string tuple_schema(std::initializer_list<std::string> elements);

/// The schema of an object under construction.
class object_schema {
 public:
    object_schema& add(std::string_view name, std::string_view schema, bool is_required);
    [[nodiscard]] std::string end() const;

 private:
    std::string properties_;
    std::string required_;
};

/// `what` as JSON; an empty text when it cannot be written.
template <typename T>
std::string text_of_sample(const T& what) {
    try {
        string_output out;
        writer to(out);
        encode(what, to);
        return std::move(out).take();
    } catch (const std::exception&) {
        return {};
    }
}

}  // namespace detail
}  // namespace restful_functions::json

#ifndef RESTFUL_FUNCTIONS_SEPARATE_COMPILATION
#include <restful_functions/json/schema_definitions.hpp>
#endif
