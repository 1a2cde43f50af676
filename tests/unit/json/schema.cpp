#include <restful_functions/json/codecs.hpp>
#include <restful_functions/json/schema.hpp>

#include <doctest/doctest.h>
#include <rapidjson/document.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

namespace json = restful_functions::json;

namespace shapes {

enum class color { red, green = 7 };
enum class port : std::uint16_t {};

struct point {
    double x = 0;
    double y = 0;
};

struct circle {
    point centre;
    double radius = 1;
    std::optional<std::string> label;
    color filling = color::green;
};

struct tree {
    std::string name;
    std::vector<tree> branches;
};

template <typename T>
struct box {
    T content{};
};

}  // namespace shapes

namespace {

struct point {
    int z = 3;
};

template <typename T>
std::string schema_of() {
    json::schemas all;
    return all.of<T>();
}

struct amount {};

}  // namespace

template <>
struct restful_functions::codec<amount> {
    static constexpr auto type = restful_functions::arg_type::string;
    static json::decoded<amount> decode(const json::value&) { return amount(); }
};

TEST_SUITE_BEGIN("json/schema");

TEST_CASE("integers have their range") {
    CHECK(schema_of<std::int8_t>() ==
          R"({"type": "integer", "format": "int8", "minimum": -128, "maximum": 127})");
    CHECK(
        schema_of<std::uint64_t>() ==
        R"({"type": "integer", "format": "uint64", "minimum": 0, "maximum": 18446744073709551615})");
}

TEST_CASE("other scalars have their JSON type") {
    CHECK(schema_of<double>() == R"({"type": "number", "format": "double"})");
    CHECK(schema_of<float>() == R"({"type": "number", "format": "float"})");
    CHECK(schema_of<bool>() == R"({"type": "boolean"})");
    CHECK(schema_of<std::string>() == R"({"type": "string"})");
    CHECK(schema_of<std::string_view>() == R"({"type": "string"})");
    CHECK(schema_of<const char*>() == R"({"anyOf": [{"type": "string"}, {"type": "null"}]})");
    CHECK(schema_of<char>() == R"({"type": "string", "minLength": 1, "maxLength": 1})");
    CHECK(schema_of<std::monostate>() == R"({"type": "null"})");
    CHECK(schema_of<std::chrono::milliseconds>() ==
          R"({"type": "number", "description": "seconds"})");
}

TEST_CASE("enums are their names, or numbers where they have none") {
    CHECK(schema_of<shapes::color>() == R"({"type": "string", "enum": ["red", "green"]})");
    CHECK(schema_of<shapes::port>() ==
          R"({"type": "integer", "format": "uint16", "minimum": 0, "maximum": 65535})");
}

TEST_CASE("lists and objects show what they hold") {
    CHECK(schema_of<std::vector<bool>>() == R"({"type": "array", "items": {"type": "boolean"}})");
    CHECK(schema_of<std::set<std::string>>() ==
          R"({"type": "array", "items": {"type": "string"}})");
    CHECK(schema_of<std::array<bool, 3>>() ==
          R"({"type": "array", "items": {"type": "boolean"}, "minItems": 3, "maxItems": 3})");
    CHECK(schema_of<std::pair<bool, std::string>>() ==
          R"({"type": "array", "prefixItems": [{"type": "boolean"}, {"type": "string"}], )"
          R"("minItems": 2, "maxItems": 2})");
    CHECK(schema_of<std::tuple<>>() ==
          R"({"type": "array", "items": {}, "minItems": 0, "maxItems": 0})");
    CHECK(schema_of<std::map<std::string, bool>>() ==
          R"({"type": "object", "additionalProperties": {"type": "boolean"}})");
}

TEST_CASE("what may be absent may be null") {
    CHECK(schema_of<std::optional<bool>>() ==
          R"({"anyOf": [{"type": "boolean"}, {"type": "null"}]})");
    CHECK(schema_of<std::optional<rapidjson::Document>>() == "{}");
    CHECK(schema_of<std::variant<bool, std::string>>() ==
          R"({"anyOf": [{"type": "boolean"}, {"type": "string"}]})");
}

TEST_CASE("raw JSON is anything, and a codec without a schema what its type tells") {
    CHECK(schema_of<rapidjson::Document>() == "{}");
    CHECK(schema_of<amount>() == R"({"type": "string"})");
}

TEST_CASE("an aggregate is a named schema with its defaults and what is required") {
    json::schemas all;
    CHECK(all.of<shapes::circle>() == R"({"$ref": "#/components/schemas/shapes.circle"})");
    CHECK(all.of<shapes::circle>() == R"({"$ref": "#/components/schemas/shapes.circle"})");
    REQUIRE(all.components().size() == 2);
    CHECK(all.components().at("shapes.circle") ==
          R"({"type": "object", "properties": {)"
          R"("centre": {"$ref": "#/components/schemas/shapes.point"}, )"
          R"("radius": {"type": "number", "format": "double", "default": 1.0}, )"
          R"("label": {"anyOf": [{"type": "string"}, {"type": "null"}]}, )"
          R"("filling": {"type": "string", "enum": ["red", "green"], "default": "green"}}, )"
          R"("required": ["centre"], "additionalProperties": false})");
}

TEST_CASE("a type that holds itself refers to itself") {
    json::schemas all;
    CHECK(all.of<shapes::tree>() == R"({"$ref": "#/components/schemas/shapes.tree"})");
    const std::string& schema = all.components().at("shapes.tree");
    CHECK(schema.find(R"("items": {"$ref": "#/components/schemas/shapes.tree"})") !=
          std::string::npos);
}

TEST_CASE("types of the same name, and those of templates, have names of their own") {
    json::schemas all;
    CHECK(all.of<point>() == R"({"$ref": "#/components/schemas/point"})");
    CHECK(all.of<shapes::point>() == R"({"$ref": "#/components/schemas/shapes.point"})");
    CHECK(all.of<shapes::box<int>>() == R"({"$ref": "#/components/schemas/shapes.box_int"})");
    char another = 0;
    CHECK(all.named(&another, "{anonymous}::point", [] { return std::string("{}"); }) ==
          R"({"$ref": "#/components/schemas/point_2"})");
}

TEST_SUITE_END();
