#include <restful_functions/api/credentials.hpp>

#include <doctest/doctest.h>

#include <string>

namespace api = restful_functions::api;

namespace {

const restful_functions::access_options known_callers{
    .tokens = {{.secret = "one", .name = "first"},
               {.secret = "two", .name = "second"},
               {.secret = "", .name = "empty"}},
    .users = {{.name = "eve", .password = "pass:word"}, {.name = "adam", .password = ""}},
};

std::string name_of(const char* authorization) {
    const auto found = api::find_caller(known_callers, authorization);
    return found ? std::string(found->name) : "nobody";
}

}  // namespace

TEST_CASE("texts are compared as a whole") {
    CHECK(api::equal_in_constant_time("abc", "abc"));
    CHECK(api::equal_in_constant_time("", ""));
    for (const char* other : {"abd", "ab", "abcd", "", "abcabc"}) {
        CHECK(!api::equal_in_constant_time(other, "abc"));
    }
    CHECK(!api::equal_in_constant_time("a", ""));
    CHECK(!api::equal_in_constant_time("", "a"));
}

TEST_CASE("a bearer token has its caller") {
    CHECK(name_of("Bearer one") == "first");
    CHECK(name_of("bearer   two") == "second");
    for (const char* bad :
         {"Bearer three", "Bearer", "Bearer ", "one", "Basic one", "", "Bearer one "}) {
        CHECK(name_of(bad) == "nobody");
    }
}

TEST_CASE("a user has name and password") {
    CHECK(name_of("Basic ZXZlOnBhc3M6d29yZA==") == "eve");  // eve:pass:word
    CHECK(name_of("Basic ZXZlOnBhc3M=") == "nobody");       // eve:pass
    CHECK(name_of("Basic ZXZl") == "nobody");               // eve
    CHECK(name_of("Basic !") == "nobody");
    CHECK(name_of("Basic YWRhbTo=") == "nobody");  // adam:
}
