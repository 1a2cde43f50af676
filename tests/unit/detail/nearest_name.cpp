#include <restful_functions/detail/nearest_name.hpp>

#include <doctest/doctest.h>

#include <initializer_list>
#include <string>
#include <string_view>

namespace {

std::string nearest(std::string_view mistyped, std::initializer_list<std::string_view> names) {
    restful_functions::detail::nearest_name search(mistyped);
    for (const std::string_view name : names) search.consider(name);
    return std::string(search.found());
}

}  // namespace

TEST_CASE("a mistyped name suggests the nearest one") {
    CHECK(nearest("additon", {"addition", "multi", "addiction"}) == "addition");
    CHECK(nearest("Multi", {"addition", "multi"}) == "multi");
    CHECK(nearest("addictions", {"addition", "multi", "addiction"}) == "addiction");
    CHECK(nearest("titel", {"text", "title"}) == "title");
    CHECK(nearest("radiuss", {"label", "radius"}) == "radius");
}

TEST_CASE("a name that is like no other suggests nothing") {
    CHECK(nearest("subtraction", {"addition", "multi"}).empty());
    CHECK(nearest("m", {"addition", "multi"}).empty());
    CHECK(nearest("", {"addition", "multi"}).empty());
    CHECK(nearest("addition", {}).empty());
}

TEST_CASE("very long names are not compared") {
    const std::string at_limit(64, 'x');
    const std::string longer(65, 'x');
    CHECK(nearest(std::string(63, 'x') + 'y', {at_limit, longer}) == at_limit);
    CHECK(nearest(longer, {at_limit, longer}).empty());
}

TEST_CASE("a question is asked only when there is a name") {
    restful_functions::detail::nearest_name search("additon");
    CHECK(search.question().empty());
    search.consider("addition");
    CHECK(search.question() == "; did you mean \"addition\"?");
}
