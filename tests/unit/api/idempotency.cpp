#include <restful_functions/api/idempotency.hpp>

#include "../task/numbered.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>

namespace api = restful_functions::api;
namespace task = restful_functions::task;
using namespace std::chrono_literals;
using test::numbered;

namespace {

const api::idempotency_keys::clock::time_point noon{12h};

}  // namespace

TEST_CASE("a key is a string of visible characters, with or without its quotes") {
    CHECK(api::parse_idempotency_key("\"8e03978e\"") == "8e03978e");
    CHECK(api::parse_idempotency_key("8e03978e") == "8e03978e");
    CHECK(api::parse_idempotency_key(std::string(255, 'x')) == std::string(255, 'x'));
    for (const std::string bad : {"", "\"\"", "\"", "a b", "a\\b", "gr\xC3\xB6", "\"a\", \"b\""}) {
        CHECK(!api::parse_idempotency_key(bad));
    }
    CHECK(!api::parse_idempotency_key(std::string(256, 'x')));
}

TEST_CASE("a key is remembered with its call and its task") {
    api::idempotency_keys keys;
    CHECK(keys.find("o", "k", noon) == nullptr);
    keys.remember("o", "k", {1, "{}"}, numbered(7), noon);
    const auto* known = keys.find("o", "k", noon + 23h);
    REQUIRE(known != nullptr);
    CHECK(known->started == numbered(7));
    CHECK(known->call == api::idempotency_keys::fingerprint(1, "{}"));
    CHECK(known->call != api::idempotency_keys::fingerprint(2, "{}"));
    CHECK(known->call != api::idempotency_keys::fingerprint(1, "[]"));
}

TEST_CASE("a key is forgotten after a day") {
    api::idempotency_keys keys;
    keys.remember("o", "k", {1, "{}"}, numbered(7), noon);
    keys.remember("o", "l", {1, "{}"}, numbered(8), noon + 1h);
    CHECK(keys.find("o", "k", noon + 24h) == nullptr);
    CHECK(keys.find("o", "l", noon + 24h) != nullptr);
    CHECK(keys.size() == 1);
}

TEST_CASE("of too many keys the oldest go") {
    api::idempotency_keys keys({.max_keys = 2});
    for (const char* key : {"a", "b", "c"}) keys.remember("o", key, {1, "{}"}, numbered(1), noon);
    CHECK(keys.find("o", "a", noon) == nullptr);
    CHECK(keys.find("o", "b", noon) != nullptr);
    CHECK(keys.size() == 2);
    api::idempotency_keys none({.max_keys = 0});
    none.remember("o", "a", {1, "{}"}, numbered(1), noon);
    CHECK(none.find("o", "a", noon) == nullptr);
}

TEST_CASE("each caller has keys, and the one with the most loses the oldest") {
    api::idempotency_keys keys({.max_keys = 4});
    keys.remember("quiet", "k", {1, "{}"}, numbered(1), noon);
    for (const char* key : {"k", "l", "m", "n", "o"})
        keys.remember("loud", key, {1, "{}"}, numbered(2), noon + 1h);
    CHECK(keys.size() == 4);
    CHECK(keys.find("loud", "l", noon + 1h) == nullptr);
    CHECK(keys.find("loud", "m", noon + 1h) != nullptr);
    REQUIRE(keys.find("quiet", "k", noon + 1h) != nullptr);
    CHECK(keys.find("quiet", "k", noon + 1h)->started == numbered(1));
    CHECK(keys.find("quiet", "k", noon + 24h) == nullptr);
    CHECK(keys.find("loud", "m", noon + 24h) != nullptr);
    CHECK(keys.find("loud", "m", noon + 25h) == nullptr);
    CHECK(keys.size() == 0);
}
