/// How enumerators get their names.
#include <restful_functions/detail/enum_names.hpp>

#include <doctest/doctest.h>

#include <cstdint>

namespace detail = restful_functions::detail;

namespace {

enum class color { red, green = 5, below = -128, above = 128 };
enum class small : std::uint8_t { first, last = 255 };
enum class truth : bool { no, yes };
enum old { old_zero, old_three = 3 };

template <typename Enum>
std::string_view name(Enum value) {
    return detail::enum_names<Enum>::name_of(value);
}

}  // namespace

TEST_CASE("enumerators have names") {
    CHECK(name(color::red) == "red");
    CHECK(name(color::green) == "green");
    CHECK(name(old_zero) == "old_zero");
    CHECK(name(old_three) == "old_three");
    CHECK(name(truth::yes) == "yes");
}

TEST_CASE("a value that is no enumerator has no name") {
    CHECK(name(static_cast<color>(1)) == "");
    CHECK(name(static_cast<old>(2)) == "");
}

TEST_CASE("enumerators are looked for from -128 to 127, without a sign from 0 to 255") {
    CHECK(name(color::below) == "below");
    CHECK(name(color::above) == "");
    CHECK(name(small::last) == "last");
    CHECK(name(static_cast<color>(-129)) == "");
}
