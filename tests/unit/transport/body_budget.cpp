/// Large bodies share what memory there is for them; small ones always have some.
#include <restful_functions/transport/body_budget.hpp>

#include <doctest/doctest.h>

using restful_functions::transport::detail::body_budget;

namespace {

constexpr std::size_t small = body_budget::always_let_in;

}  // namespace

TEST_CASE("bodies grow until all of them together are too large") {
    body_budget all(10 * small, 0);
    body_budget::share one(all);
    body_budget::share other(all);
    CHECK(one.grow_to(4 * small));
    CHECK(one.grow_to(8 * small));
    CHECK(other.grow_to(2 * small));
    CHECK(all.taken() == 10 * small);
    CHECK_FALSE(other.grow_to(2 * small + 1));
    other.give_back();
    CHECK(one.grow_to(10 * small));
}

TEST_CASE("a small body is let in whatever the others take") {
    body_budget all(2 * small, 0);
    body_budget::share large(all);
    body_budget::share other(all);
    CHECK_FALSE(large.grow_to(3 * small));
    CHECK(other.grow_to(small));
    CHECK_FALSE(other.grow_to(small + 1));
}

TEST_CASE("one body of the greatest size has room, be the budget as small as it may") {
    body_budget all(0, 100 * small);
    body_budget::share one(all);
    CHECK(one.grow_to(100 * small));
    CHECK_FALSE(one.grow_to(100 * small + 1));
}

TEST_CASE("a connection that goes gives back what it took") {
    body_budget all(10 * small, 0);
    {
        body_budget::share one(all);
        CHECK(one.grow_to(small));
    }
    CHECK(all.taken() == 0);
}
