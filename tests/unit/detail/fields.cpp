/// How the fields of plain aggregates are counted and reached.
#include <restful_functions/detail/fields.hpp>

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <variant>
#include <vector>

namespace detail = restful_functions::detail;

namespace {

struct nothing {};
struct optional_only {
    std::optional<std::string> text;
};
struct holds_itself {
    std::vector<holds_itself> children;
};
struct inner {
    int number;
    std::string text;
};
struct outer {
    inner first;
    std::array<int, 3> numbers;
    std::variant<int, std::string> either;
    std::map<std::string, inner> by_name;
    std::chrono::seconds time;
    bool flag = true;
    std::tuple<int, std::string> both;
    std::vector<bool> bits;
};
struct widest {
    int a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y, z;
    int a1, b1, c1, d1, e1, f1;
};
struct too_wide {
    int a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y, z;
    int a1, b1, c1, d1, e1, f1, g1;
};

}  // namespace

TEST_CASE("fields of every kind are counted one by one") {
    CHECK(detail::field_count<nothing>() == 0);
    CHECK(detail::field_count<optional_only>() == 1);
    CHECK(detail::field_count<holds_itself>() == 1);
    CHECK(detail::field_count<inner>() == 2);
    CHECK(detail::field_count<outer>() == 8);
}

TEST_CASE("32 fields are countable, 33 are not") {
    CHECK(detail::field_count<widest>() == 32);
    CHECK(detail::has_countable_fields<widest>);
    CHECK_FALSE(detail::has_countable_fields<too_wide>);
}

TEST_CASE("tied fields are the object's own, in the order of their declaration") {
    inner object{1, "one"};
    auto fields = detail::tie_fields(object);
    std::get<0>(fields) = 2;
    std::get<1>(fields) = "two";
    CHECK(object.number == 2);
    CHECK(object.text == "two");
    CHECK(std::is_same_v<detail::field_types<inner>, detail::types<int, std::string>>);

    widest wide{};
    CHECK(&std::get<31>(detail::tie_fields(wide)) == &wide.f1);
}
