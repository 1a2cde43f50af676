/// How bodies of calls are checked and functions called.
#include <restful_functions/function/make_definition.hpp>

#include "called.hpp"

#include <doctest/doctest.h>

#include <array>
#include <optional>
#include <stdexcept>
#include <string>
#include <variant>

namespace rf = restful_functions;

namespace {

std::string greet(std::string name, std::optional<int> times) {
    return name + std::to_string(times.value_or(1));
}
void fails() { throw std::runtime_error("out of paper"); }
std::size_t members(rapidjson::Document any) { return any.IsObject() ? any.MemberCount() : 0; }

int calls = 0;
int counts(int) { return ++calls; }

class picky {
 public:
    int number = 0;
    explicit picky(int n) : number(n) {}
};
int take(picky p) { return p.number; }

const auto add = rf::make_definition<addition>({.args = {"x", "y"}});

}  // namespace

template <>
struct restful_functions::codec<picky> {
    static constexpr auto type = restful_functions::arg_type::string;
    static json::decoded<picky> decode(const json::value& value) {
        if (value.IsNull()) throw 1;
        return picky(std::stoi(value.IsString() ? value.GetString() : ""));
    }
};

TEST_CASE("a function is called with the arguments in the body") {
    CHECK(called(add, R"({"x": 3, "y": 6})") == "9");
    CHECK(called(add, R"({"y": "6", "x": 3.0})") == "9");
}

TEST_CASE("a missing, an invalid and an unknown argument are refused, each in its sentence") {
    CHECK(called(add, R"({"y": 1})") == "Parameter Missing: x");
    CHECK(called(add, R"({"x": "abc", "y": 1})") == "Parameter is Invalid: x abc INTEGER");
    CHECK(called(add, R"({"x": 1, "y": 1, "z": 1})") == "Parameter Unknown: z");
}

TEST_CASE("an invalid value is shown as the client sent it, and cut when it is long") {
    CHECK(called(add, R"({"x": 1.5, "y": 1})") == "Parameter is Invalid: x 1.5 INTEGER");
    CHECK(called(add, R"({"x": null, "y": 1})") == "Parameter is Invalid: x null INTEGER");
    CHECK(called(add, R"({"x": {"a": [1, "b"]}, "y": 1})") ==
          R"(Parameter is Invalid: x {"a":[1,"b"]} INTEGER)");
    CHECK(called(add, R"({"x": ")" + std::string(101, 'a') + R"(", "y": 1})") ==
          "Parameter is Invalid: x " + std::string(100, 'a') + "... INTEGER");
    CHECK(called(add, R"({"x": 1, "y": 1, ")" + std::string(101, 'a') + R"(": 1})") ==
          "Parameter Unknown: " + std::string(100, 'a') + "...");
}

TEST_CASE("every bad argument is explained, in the order of the declaration, unknown ones last") {
    CHECK(explained(add, R"({"zz": 1, "y": "b", "why": 2})") ==
          "/x: it is required\n/y: \"b\" is not an integer\n"
          "/zz: the function has no such argument\n/why: the function has no such argument");
    CHECK(
        explained(rf::make_definition<greet>({.args = {"name", "times"}}), R"({"nane": "a"})") ==
        "/name: it is required\n/nane: the function has no such argument; did you mean \"name\"?");
}

TEST_CASE("a thousand unknown arguments get a hundred errors") {
    std::string body = R"({"x": 1)";
    for (int i = 0; i < 1000; ++i) body += ", \"unknown" + std::to_string(i) + "\": 1";
    const auto bad = std::get<rf::argument_errors>(add.check(body + "}"));
    CHECK(bad.size() == 100);
    CHECK(bad.front().message == "Parameter Missing: y");
}

TEST_CASE("of several bad arguments the sentence is of the first one declared") {
    CHECK(called(add, R"({"z": 1, "y": "b", "x": "a"})") == "Parameter is Invalid: x a INTEGER");
    CHECK(called(add, R"({"z": 1, "y": "b", "x": 1})") == "Parameter is Invalid: y b INTEGER");
    CHECK(called(add, R"({"z": 1, "y": "b"})") == "Parameter Missing: x");
    CHECK(called(add, R"({"z": 1, "a": 1, "x": 1, "y": 1})") == "Parameter Unknown: z");
}

TEST_CASE("an argument that is given twice is invalid") {
    CHECK(called(add, R"({"x": 1, "y": 2, "x": 3})") == "Parameter is Invalid: x 3 INTEGER");
    CHECK(explained(add, R"({"x": 1, "y": 2, "x": 3})") == "/x: it is given more than once");
}

TEST_CASE("an error points to its culprit and explains it") {
    CHECK(explained(add, R"({"y": 1})") == "/x: it is required");
    CHECK(explained(add, R"({"x": 1.5, "y": 1})") == "/x: 1.5 is not an integer");
    CHECK(explained(add, R"({"x": 1, "y": 1, "a/b": 1})") ==
          "/a~1b: the function has no such argument");
}

TEST_CASE("an optional argument may be left out") {
    const auto greeting = rf::make_definition<greet>({.args = {"name", "times"}});
    CHECK(called(greeting, R"({"name": "a"})") == "\"a1\"");
    CHECK(called(greeting, R"({"name": "a", "times": null})") == "\"a1\"");
    CHECK(called(greeting, R"({"name": "a", "times": 2})") == "\"a2\"");
}

TEST_CASE("an empty body is an empty object") {
    CHECK(called(rf::make_definition("seven", [] { return 7; }), "") == "7");
    CHECK(called(add, "") == "Parameter Missing: x");
    CHECK(called(add, "  ") == "the body is not JSON: the document is empty at byte 2");
}

TEST_CASE("a body that is no JSON object is refused") {
    CHECK(called(add, "{\"x\":1,") ==
          "the body is not JSON: missing a name for object member at byte 7");
    CHECK(called(add, "[1, 2]") == "the body is not a JSON object");
    CHECK(called(add, "null") == "the body is not a JSON object");
}

TEST_CASE("a body of 100,000 levels is refused, whatever the function takes") {
    const auto raw = rf::make_definition<members>({.args = {"any"}});
    const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
    CHECK(called(raw, "{\"any\":" + deep + "}") == "the body is nested deeper than 512 levels");
    CHECK(called(add, "{\"x\":" + deep + "}") == "the body is nested deeper than 512 levels");
    CHECK(called(raw, R"({"any": {"a": [[]]}})") == "1");
}

TEST_CASE("an exception of the function leaves invoke") {
    rf::json::string_output result;
    CHECK_THROWS_WITH_AS(rf::make_definition<fails>().invoke("{}", result), "out of paper",
                         std::runtime_error);
}

TEST_CASE("a body that check refuses does not reach the function") {
    rf::json::string_output result;
    CHECK_THROWS_WITH_AS(add.invoke("[", result), "the body is not JSON: invalid value at byte 1",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(add.invoke(R"({"x": 1})", result), "an argument is missing",
                         std::invalid_argument);
    CHECK_THROWS_AS(add.invoke(R"({"x": 1, "y": []})", result), std::invalid_argument);
    CHECK(result.text().empty());
}

TEST_CASE("a result that does not fit is cut and noticed") {
    const auto greeting = rf::make_definition<greet>({.args = {"name", "times"}});
    std::array<char, 4> memory{};
    rf::json::bounded_output result(memory.data(), memory.size());
    greeting.invoke(R"({"name": "abcdef"})", result);
    CHECK(result.overflow());
    CHECK(result.text() == "\"abc");
}

TEST_CASE("an exception of a codec refuses the argument") {
    const auto taking = rf::make_definition<take>({.args = {"p"}});
    CHECK(called(taking, R"({"p": "7"})") == "7");
    CHECK(called(taking, R"({"p": "x"})") == "Parameter is Invalid: p x STRING");
    CHECK(explained(taking, R"({"p": "x"})") == "/p: stoi");
    CHECK(explained(taking, R"({"p": null})") ==
          "/p: its codec threw something that is no std::exception");
}

TEST_CASE("warming up calls nothing and throws nothing") {
    for (const auto& function :
         {rf::make_definition<counts>({.args = {"n"}}), rf::make_definition<take>({.args = {"p"}}),
          rf::make_definition<fails>()}) {
        function.warm_up(function.sample_call());
        function.warm_up("no JSON");
    }
    CHECK(calls == 0);
}
