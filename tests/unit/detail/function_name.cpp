/// How functions get their names.
#include <restful_functions/detail/function_name.hpp>

#include <doctest/doctest.h>

namespace detail = restful_functions::detail;

namespace arithmetic {
int addition(int x, int y) { return x + y; }
int overloaded(int x) { return x; }
double overloaded(double x) { return x; }
int never_throws() noexcept { return 0; }
struct calculator {
    static int answer() { return 42; }
    int operator()() const { return 42; }
};
template <typename T>
T twice(T v) {
    return v + v;
}
}  // namespace arithmetic

namespace {
int internal() { return 0; }
}  // namespace

int operator+(arithmetic::calculator, int) { return 0; }

TEST_CASE("a function has the name of its declaration, without where it is declared") {
    CHECK(detail::function_name<arithmetic::addition>() == "addition");
    CHECK(detail::function_name<&arithmetic::addition>() == "addition");
    CHECK(detail::function_name<internal>() == "internal");
    CHECK(detail::function_name<arithmetic::never_throws>() == "never_throws");
    CHECK(detail::function_name<arithmetic::calculator::answer>() == "answer");
}

TEST_CASE("each function of an overload set has their common name") {
    CHECK(detail::function_name<static_cast<int (*)(int)>(arithmetic::overloaded)>() ==
          "overloaded");
    CHECK(detail::function_name<static_cast<double (*)(double)>(arithmetic::overloaded)>() ==
          "overloaded");
}

TEST_CASE("an operator, a lambda and a function object have no name") {
    constexpr int (*plus)(arithmetic::calculator, int) = operator+;
    CHECK(detail::function_name<plus>() == "");
    CHECK(detail::function_name<[] { return 0; }>() == "");
    CHECK(detail::function_name<arithmetic::calculator{}>() == "");
}

TEST_CASE("an instance of a template has no name where the compiler shows its arguments") {
#ifdef __clang__
    CHECK(detail::function_name<arithmetic::twice<int>>() == "twice");
#else
    CHECK(detail::function_name<arithmetic::twice<int>>() == "");
#endif
}
