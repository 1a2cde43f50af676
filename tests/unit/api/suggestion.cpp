#include <restful_functions/api/suggestion.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace restful_functions;

namespace {

registry named(std::initializer_list<const char*> names) {
    registry functions;
    for (const char* name : names) {
        function_definition function;
        function.name = name;
        functions.add(std::move(function));
    }
    return functions;
}

}  // namespace

TEST_CASE("a mistyped name suggests the nearest function") {
    const registry functions = named({"addition", "multi", "addiction"});
    CHECK(api::nearest_function(functions, "additon") == "addition");
    CHECK(api::nearest_function(functions, "Multi") == "multi");
    CHECK(api::nearest_function(functions, "addictions") == "addiction");
}

TEST_CASE("a name that is like no other suggests nothing") {
    const registry functions = named({"addition", "multi"});
    CHECK(api::nearest_function(functions, "subtraction").empty());
    CHECK(api::nearest_function(functions, "m").empty());
    CHECK(api::nearest_function(functions, "").empty());
    CHECK(api::nearest_function(registry(), "addition").empty());
}

TEST_CASE("very long names are not compared") {
    const std::string at_limit(64, 'x');
    const std::string longer(65, 'x');
    const registry functions = named({at_limit.c_str(), longer.c_str()});
    CHECK(api::nearest_function(functions, std::string(63, 'x') + 'y') == at_limit);
    CHECK(api::nearest_function(functions, longer).empty());
}
