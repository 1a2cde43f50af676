/// How enums are read and written.
#include "round_trip.hpp"

#include <doctest/doctest.h>

namespace {
enum class color { red, green = 5, far = 1000 };
enum old { old_zero, old_one };
enum class letter : char { a = 'a', b = 'b' };
enum class truth : bool { no, yes };
}  // namespace

TEST_CASE("an enumerator is its name, and may be its number") {
    CHECK(round_trip<color>("\"green\"") == "\"green\"");
    CHECK(round_trip<color>("5") == "\"green\"");
    CHECK(round_trip<old>("\"old_one\"") == "\"old_one\"");
    CHECK(round_trip<letter>("\"b\"") == "\"b\"");
    CHECK(round_trip<letter>("98") == "\"b\"");
    CHECK(round_trip<truth>("1") == "\"yes\"");
}

TEST_CASE("what is no enumerator is refused") {
    CHECK(round_trip<color>("\"purple\"") == ": \"purple\" is not one of \"red\", \"green\"");
    CHECK(round_trip<color>("\"\"") == ": \"\" is not one of \"red\", \"green\"");
    CHECK(round_trip<color>("6") == ": 6 is not one of \"red\", \"green\"");
    CHECK(round_trip<color>("4294967301") ==
          ": 4294967301 is not between -2147483648 and 2147483647");
    CHECK(round_trip<truth>("2") == ": 2 is not a truth value");
    CHECK(round_trip<color>("null") == ": null is not one of \"red\", \"green\"");
}

TEST_CASE("an enumerator whose name is out of reach is its number") {
    CHECK(round_trip<color>("1000") == "1000");
    CHECK(encoded(color::far) == "1000");
    CHECK(encoded(static_cast<color>(7)) == "7");
}
