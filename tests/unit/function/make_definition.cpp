/// How functions of every shape become definitions.
#include <restful_functions/function/make_definition.hpp>

#include "called.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rf = restful_functions;
using namespace std::chrono_literals;

namespace {

int overloaded(int v) { return v; }
int overloaded(const std::string& v) { return static_cast<int>(v.size()); }
template <typename T>
T twice(T v) {
    return v + v;
}
int never_throws(int v) noexcept { return v; }
void nothing() {}
std::string joined(const std::string& a, std::string&& b, std::string_view c, const bool d) {
    return a + std::move(b) + std::string(c) + (d ? "!" : "");
}
const std::string& by_reference() {
    static const std::string text = "kept";
    return text;
}

struct circle {
    double radius = 1;
    std::optional<std::string> label;
};
double area(circle c) { return 3 * c.radius * c.radius; }
std::string label(const circle& c) { return c.label.value_or("none"); }

struct counter {
    int count = 0;
    int operator()(int by) { return count += by; }
};
struct calculator {
    static int negated(int v) { return -v; }
    int operator()(int v) const { return v + 1; }
};

std::string described(const rf::function_definition& function) {
    std::string all;
    for (const rf::arg_definition& arg : function.args) {
        all += arg.name + " " + std::string(to_string(arg.type)) +
               (arg.is_required ? " required" : "") + " (" + arg.description + ") ";
    }
    return all;
}

}  // namespace

TEST_CASE("a function brings its name, and its options the rest") {
    const auto plain = rf::make_definition<addition>({
        .args = {{"x", "A value of X"}, {"y", "A value of Y"}},
        .max_concurrency = 1,
        .description = "Simple Awesome Addition",
        .timeout = 5s,
    });
    CHECK(plain.name == "addition");
    CHECK(plain.max_concurrency == 1);
    CHECK(plain.description == "Simple Awesome Addition");
    CHECK(plain.timeout == 5s);
    CHECK(described(plain) ==
          "x INTEGER required (A value of X) y INTEGER required (A value of Y) ");
}

TEST_CASE("without options a function has no limit, a day of time and no description") {
    const auto plain = rf::make_definition<nothing>();
    CHECK(plain.name == "nothing");
    CHECK(plain.max_concurrency == 0);
    CHECK(plain.timeout == 86400s);
    CHECK(plain.max_queued == 0);
    CHECK(!plain.limits.memory);
    CHECK(plain.grace == 2s);
    CHECK(!plain.cancel_on_disconnect);
    CHECK(plain.description == "");
    CHECK(plain.args.empty());
    CHECK(called(plain, "{}") == "null");
}

TEST_CASE("what a call may use, and how it waits and ends, is told with the function") {
    using namespace rf::literals;
    const auto careful = rf::make_definition<nothing>({
        .max_concurrency = 1,
        .timeout = 5s,
        .max_queued = 100,
        .limits = {.memory = 256_MiB, .cpu = 1s},
        .grace = 500ms,
        .cancel_on_disconnect = true,
    });
    CHECK(careful.max_queued == 100);
    CHECK(careful.limits.memory == 256_MiB);
    CHECK(careful.limits.cpu == 1s);
    CHECK(careful.grace == 500ms);
    CHECK(careful.cancel_on_disconnect);
}

TEST_CASE("names can be bare, with descriptions, or mixed") {
    CHECK(described(rf::make_definition<addition>({.args = {"x", "y"}})) ==
          "x INTEGER required () y INTEGER required () ");
    CHECK(described(rf::make_definition<addition>({.args = {"x", {"y", "why"}}})) ==
          "x INTEGER required () y INTEGER required (why) ");
}

TEST_CASE("another name replaces the function's own") {
    CHECK(rf::make_definition<nothing>({.name = "something"}).name == "something");
    const std::string at_run_time = "name-" + std::to_string(7);
    CHECK(rf::make_definition<nothing>({.name = at_run_time}).name == "name-7");
}

TEST_CASE("each function of an overload set, and each instance of a template, can be added") {
    const auto number = rf::make_definition<static_cast<int (*)(int)>(overloaded)>({.args = {"v"}});
    const auto text = rf::make_definition<static_cast<int (*)(const std::string&)>(overloaded)>(
        {.args = {"v"}, .name = "length"});
    const auto instance = rf::make_definition<twice<int>>({.args = {"v"}, .name = "twice_int"});
    CHECK(number.name == "overloaded");
    CHECK(called(number, R"({"v": 7})") == "7");
    CHECK(called(text, R"({"v": "abc"})") == "3");
    CHECK(instance.name == "twice_int");
    CHECK(called(instance, R"({"v": 4})") == "8");
}

TEST_CASE("functions that are noexcept or static members can be added") {
    CHECK(called(rf::make_definition<never_throws>({.args = {"v"}}), R"({"v": 1})") == "1");
    const auto negated = rf::make_definition<calculator::negated>({.args = {"v"}});
    CHECK(negated.name == "negated");
    CHECK(called(negated, R"({"v": 1})") == "-1");
}

TEST_CASE("parameters may be values, references to const, rvalue references and views") {
    const auto join = rf::make_definition<joined>({.args = {"a", "b", "c", "d"}});
    CHECK(called(join, R"({"a": "1", "b": "2", "c": "3", "d": true})") == "\"123!\"");
    CHECK(described(join) ==
          "a STRING required () b STRING required () c STRING required () d BOOLEAN required () ");
    CHECK(called(rf::make_definition<by_reference>(), "{}") == "\"kept\"");
}

TEST_CASE("objects that can be called are added under a name") {
    const auto scale =
        rf::make_definition("scale", [k = 2.0](double v) { return k * v; }, {.args = {"v"}});
    CHECK(scale.name == "scale");
    CHECK(called(scale, R"({"v": 4})") == "8.0");
    CHECK(called(rf::make_definition("f", counter{3}, {.args = {"by"}}), R"({"by": 4})") == "7");
    CHECK(called(rf::make_definition("f", calculator{}, {.args = {"v"}}), R"({"v": 4})") == "5");
    CHECK(called(rf::make_definition("f", addition, {.args = {"x", "y"}}), R"({"x": 1, "y": 2})") ==
          "3");
    CHECK(called(rf::make_definition("f", std::function<int(int)>(calculator{}), {.args = {"v"}}),
                 R"({"v": 4})") == "5");
    auto mutable_lambda = [n = 1](int by) mutable { return n += by; };
    CHECK(called(rf::make_definition("f", mutable_lambda, {.args = {"by"}}), R"({"by": 4})") ==
          "5");
}

TEST_CASE("an object that can only be moved is added, too") {
    auto owner = [number = std::make_unique<int>(7)] { return *number; };
    CHECK(called(rf::make_definition("f", std::move(owner)), "{}") == "7");
}

TEST_CASE("a function object without state can be a template argument") {
    CHECK(called(rf::make_definition<calculator{}>({.args = {"v"}, .name = "next"}),
                 R"({"v": 4})") == "5");
    CHECK(called(rf::make_definition<[](int v) { return -v; }>({.args = {"v"}, .name = "minus"}),
                 R"({"v": 4})") == "-4");
}

TEST_CASE("the value of a secret argument is not shown") {
    const auto guarded = rf::make_definition("log_in", [](int pin) { return pin; },
                                             {.args = {{"pin", "of the card", rf::secret}}});
    CHECK(guarded.args.front().is_secret);
    CHECK(called(guarded, R"({"pin": "12x4"})") == "Parameter is Invalid: pin *** INTEGER");
    CHECK(explained(guarded, R"({"pin": "12x4"})").find("12x4") == std::string::npos);
    CHECK(called(guarded, R"({"pin": 1234})") == "1234");
}

TEST_CASE("an aggregate is one argument") {
    const auto circle_area = rf::make_definition<area>({.args = {"c"}});
    CHECK(described(circle_area) == "c DICT required () ");
    CHECK(called(circle_area, R"({"c": {"radius": 2}})") == "12.0");
    CHECK(called(circle_area, R"({"radius": 2})") == "Parameter Missing: c");
    CHECK(called(circle_area, R"({"c": {"radius": "x"}})") ==
          R"(Parameter is Invalid: c {"radius":"x"} DICT)");
    CHECK(explained(circle_area, R"({"c": {"radius": "x"}})") ==
          "/c/radius: \"x\" is not a number");
}

TEST_CASE("the fields of an aggregate can be the arguments") {
    const auto circle_area = rf::make_definition<area>({.args = rf::fields});
    CHECK(described(circle_area) == "radius FLOAT () label STRING () ");
    CHECK(called(circle_area, R"({"radius": 2})") == "12.0");
    CHECK(called(circle_area, "{}") == "3.0");
    CHECK(called(circle_area, R"({"radius": "x"})") == "Parameter is Invalid: radius x FLOAT");
    CHECK(called(circle_area, R"({"c": {}})") == "Parameter Unknown: c");
    CHECK(called(rf::make_definition<label>({.args = rf::fields}), R"({"label": "a"})") == "\"a\"");
    CHECK(called(rf::make_definition("area", area, {.args = rf::fields}), R"({"radius": 2})") ==
          "12.0");
}

TEST_CASE("the fields that are arguments can be described") {
    CHECK(described(rf::make_definition<area>({.args = {rf::fields, {{"radius", "in metres"}}}})) ==
          "radius FLOAT (in metres) label STRING () ");
}

TEST_CASE("options can be kept in a variable") {
    rf::options_of<addition> options{.args = {"x", "y"}};
    options.description = "changed";
    CHECK(rf::make_definition<addition>(options).description == "changed");
}

TEST_CASE("a process that takes long to start serves more calls, unless options say how many") {
    const auto calls_of = [](rf::options_of<nothing> options) {
        return rf::make_definition<nothing>(options).worker_calls;
    };
    CHECK(calls_of({.isolation = rf::isolation::worker}) == 1000);
    CHECK(calls_of({.isolation = rf::isolation::spawn}) == 10'000);
    CHECK(calls_of({.isolation = rf::isolation::spawn, .worker_calls = 3}) == 3);
}

TEST_CASE("a copy of a definition shares the function") {
    const auto original = rf::make_definition("count", counter{}, {.args = {"by"}});
    const auto copy = original;
    CHECK(called(original, R"({"by": 1})") == "1");
    CHECK(called(copy, R"({"by": 1})") == "2");
}
