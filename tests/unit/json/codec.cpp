/// How a type of the user's own is read and written.
#include "round_trip.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <type_traits>
#include <vector>

namespace json = restful_functions::json;

namespace {

class money {
 public:
    explicit money(std::string text) : text_(std::move(text)) {}
    static bool is_amount(const std::string& text) { return text.find('.') != std::string::npos; }
    const std::string& text() const { return text_; }

 private:
    std::string text_;
};

class unknown {
 public:
    explicit unknown(int) {}
};
struct holds_unknown {
    std::vector<holds_unknown> children;
    std::vector<std::optional<unknown>> things;
};
template <typename T>
struct boxed {
    T inside;
};

}  // namespace

template <>
struct restful_functions::codec<money> {
    static constexpr auto type = restful_functions::arg_type::string;

    static json::decoded<money> decode(const json::value& value) {
        const auto text = json::decode<std::string>(value);
        if (!text) return text.why();
        if (!money::is_amount(*text)) return json::is_not("an amount like \"3.50\"", value);
        return money(*text);
    }
    static void encode(const money& amount, json::writer& out) { out.String(amount.text()); }
    static money missing() { return money("0.00"); }
};

template <typename T>
struct restful_functions::codec<boxed<T>> {
    using parts = json::parts<T>;
    static constexpr auto type = json::type_of<T>();

    static json::decoded<boxed<T>> decode(const json::value& value) {
        auto inside = json::decode<T>(value);
        if (!inside) return std::move(inside).why();
        return boxed<T>{*std::move(inside)};
    }
};

TEST_CASE("a specialisation of codec makes a type readable and writable, also inside others") {
    CHECK(round_trip<money>("\"3.50\"") == "\"3.50\"");
    CHECK(round_trip<money>("\"3\"") == ": \"3\" is not an amount like \"3.50\"");
    CHECK(round_trip<std::vector<money>>("[\"3.50\", []]") == "/1: [] is not a string");
}

TEST_CASE("a codec with a value for what is missing makes its type omittable") {
    CHECK(json::omittable<money>);
    CHECK(json::omittable<std::optional<int>>);
    CHECK_FALSE(json::omittable<int>);
}

TEST_CASE("the type without a codec is found inside others") {
    CHECK(std::is_same_v<json::undecodable<std::vector<money>>, void>);
    CHECK(std::is_same_v<json::undecodable<holds_unknown>, unknown>);
    CHECK(std::is_same_v<json::undecodable<boxed<unknown>>, unknown>);
    CHECK(std::is_same_v<json::undecodable<boxed<int>>, void>);
    CHECK(std::is_same_v<json::unencodable<holds_unknown>, unknown>);
    CHECK(std::is_same_v<json::undecodable<std::string_view>, std::string_view>);
    CHECK(std::is_same_v<json::unencodable<std::string_view>, void>);
}

TEST_CASE("a const field can be written, but not read") {
    struct constant {
        const int answer = 42;
    };
    CHECK(std::is_same_v<json::undecodable<constant>, const int>);
    CHECK(std::is_same_v<json::unencodable<constant>, void>);
    CHECK(encoded(constant()) == R"({"answer":42})");
}

TEST_CASE("the catalogue's type of a type is what JSON it is best written as") {
    using restful_functions::arg_type;
    CHECK(json::type_of<unsigned char>() == arg_type::integer);
    CHECK(json::type_of<float>() == arg_type::floating);
    CHECK(json::type_of<std::chrono::seconds>() == arg_type::floating);
    CHECK(json::type_of<std::optional<bool>>() == arg_type::boolean);
    CHECK(json::type_of<arg_type>() == arg_type::string);
    CHECK(json::type_of<std::pair<int, int>>() == arg_type::list);
    CHECK(json::type_of<std::set<int>>() == arg_type::list);
    CHECK(json::type_of<std::map<std::string, int>>() == arg_type::dict);
    CHECK(json::type_of<holds_unknown>() == arg_type::dict);
    CHECK(json::type_of<std::variant<int, std::string>>() == arg_type::integer);
    CHECK(json::type_of<rapidjson::Document>() == arg_type::dict);
}
