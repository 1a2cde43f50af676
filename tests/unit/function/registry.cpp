/// Which functions a server can offer together.
#include <restful_functions/function/registry.hpp>

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

namespace rf = restful_functions;

namespace {

rf::function_definition named(std::string name) {
    rf::function_definition definition;
    definition.name = std::move(name);
    return definition;
}

/// Why a function of that name cannot be added; empty if it can.
std::string refusal(std::string name, rf::registry registry = {}) {
    try {
        registry.add(named(std::move(name)));
        return "";
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
}

}  // namespace

TEST_CASE("functions are found by name and by index, in the order of their registration") {
    rf::registry registry;
    registry.add(named("b"));
    registry.add(named("a"));
    CHECK(registry.size() == 2);
    CHECK(registry.at(0).name == "b");
    CHECK(registry.index_of("a") == 1);
    CHECK(registry.find("a") == &registry.at(1));
    CHECK(registry.begin()->name == "b");
    CHECK(registry.find("c") == nullptr);
    CHECK_FALSE(registry.index_of("c").has_value());
}

TEST_CASE("a function stays where it is when others are added") {
    rf::registry registry;
    registry.add(named("first"));
    const rf::function_definition* first = registry.find("first");
    for (int i = 0; i < 1000; ++i) registry.add(named("f" + std::to_string(i)));
    CHECK(registry.find("first") == first);
}

TEST_CASE("a name is one segment of a URL's path") {
    CHECK(refusal("a-b_c.d~9") == "");
    CHECK(refusal("...") == "");
    for (const char* name : {"a/b", "a b", "a?b", "a%20b",
                             "gr\xC3\xB6\xC3\x9F"
                             "e",
                             ".", "..", "twice<int>"}) {
        CHECK(refusal(name) ==
              "function \"" + std::string(name) +
                  "\" cannot be added: its name is not one segment of a URL path; use letters, "
                  "digits and the signs _ . ~ - only (.name gives a function another name)");
    }
    CHECK(refusal("") ==
          "function \"\" cannot be added: a function needs a name; give one with .name");
}

TEST_CASE("the server's own paths are no names") {
    for (const char* name : {"function", "task", "terminate", "health", "metrics", "events",
                             "openapi.json", "docs", "console", "static", "favicon.ico"}) {
        CHECK(refusal(name) ==
              "function \"" + std::string(name) +
                  "\" cannot be added: the server's own paths begin with that name; choose another "
                  "one with .name");
    }
    CHECK(refusal("functions") == "");
    CHECK(refusal("Function") == "");
}

TEST_CASE("two functions of one name are refused, and the first one stays") {
    rf::registry registry;
    registry.add(named("a"));
    CHECK(
        refusal("a", registry) ==
        "function \"a\" cannot be added: a function of that name is already there; choose another "
        "name for one of them with .name");
    CHECK(registry.size() == 1);
}
