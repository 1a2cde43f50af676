#include <restful_functions/task/function_program.hpp>

#include <doctest/doctest.h>

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

using restful_functions::function_definition;
using restful_functions::registry;
using restful_functions::task::function_program;
namespace json = restful_functions::json;
namespace process = restful_functions::process;

namespace {

// Takes one argument; gives it back, or throws it when it is a string.
struct echo final : restful_functions::detail::callable {
    std::optional<json::refusal> check(std::size_t, const json::value&) const override {
        ++checks;
        return std::nullopt;
    }
    void invoke(std::span<const json::value* const> values, json::writer& result) const override {
        if (values[0]->IsString()) throw std::runtime_error(values[0]->GetString());
        values[0]->Accept(result);
    }

    mutable int checks = 0;
};

struct fixture {
    /// Complete before the program is made of it.
    static registry two_functions(const std::shared_ptr<echo>& callable) {
        registry functions;
        for (const char* name : {"first", "second"}) {
            functions.add({.name = name,
                           .args = {{"x", restful_functions::arg_type::dict, true, ""}},
                           .description = "",
                           .limits = {.memory = restful_functions::bytes{1000}},
                           .callable = callable});
        }
        return functions;
    }

    std::shared_ptr<echo> callable = std::make_shared<echo>();
    registry functions = two_functions(callable);
    function_program program{functions};
    std::array<char, 16> memory{};
    process::window output{.data = memory.data(), .capacity = memory.size()};
};

}  // namespace

TEST_CASE_FIXTURE(fixture, "an entry is the index of a function; body in, result out") {
    program.run(1, R"({"x": [1, 2]})", output);
    CHECK(std::string_view(output.data, output.size) == "[1,2]");
    CHECK(!output.overflow);
}

TEST_CASE_FIXTURE(fixture, "a result that does not fit is flagged") {
    program.run(0, R"({"x": [1000000, 2000000, 3000000]})", output);
    CHECK(output.overflow);
}

TEST_CASE_FIXTURE(fixture, "what the function throws leaves the program") {
    CHECK_THROWS_WITH_AS(program.run(0, R"({"x": "why"})", output), "why", std::runtime_error);
}

TEST_CASE_FIXTURE(fixture, "the limits of an entry are those of its function") {
    CHECK(program.policy_of(1).limits.memory == restful_functions::bytes{1000});
}

TEST_CASE_FIXTURE(fixture, "the function that may be called next is warmed up") {
    program.warm_up(0);
    CHECK(callable->checks == 1);
    program.warm_up(1'000'000);
    CHECK(callable->checks == 1);
}
