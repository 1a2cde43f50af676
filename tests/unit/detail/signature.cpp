/// What can be called, with which types.
#include <restful_functions/detail/signature.hpp>

#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <type_traits>

namespace detail = restful_functions::detail;

namespace {

struct reads {
    int operator()(const std::string&) const { return 0; }
};
struct writes {
    int operator()(const std::string&) noexcept { return 0; }
};
struct only_lvalues {
    int operator()(const std::string&) & { return 0; }
};
struct overloaded {
    int operator()(int) { return 0; }
    int operator()(double) { return 0; }
};

template <typename Callable, typename Result, typename... Parameter>
constexpr bool has =
    std::is_same_v<detail::signature_type<Callable>, detail::signature<Result, Parameter...>>;

template <typename Callable>
constexpr bool has_none = std::is_same_v<detail::signature_type<Callable>, detail::no_signature>;

}  // namespace

TEST_CASE("a function has its result and parameters as they are declared") {
    CHECK(has<int (*)(), int>);
    CHECK(has<void (*)(int, const std::string&, std::string&&), void, int, const std::string&,
              std::string&&>);
    CHECK(has<int (*)(int) noexcept, int, int>);
}

TEST_CASE("an object has those of its call operator") {
    CHECK(has<reads, int, const std::string&>);
    CHECK(has<writes, int, const std::string&>);
    CHECK(has<only_lvalues, int, const std::string&>);
    CHECK(has<std::function<double(int)>, double, int>);
    auto lambda = [n = 1](int by) mutable { return n += by; };
    CHECK(has<decltype(lambda), int, int>);
}

TEST_CASE("what can be called in several ways, or in none, has no signature") {
    auto generic = [](auto v) { return v; };
    CHECK(has_none<decltype(generic)>);
    CHECK(has_none<overloaded>);
    CHECK(has_none<int>);
    CHECK(has_none<std::string>);
    CHECK(has_none<int*>);
}
