#include <restful_functions/detail/shared_text.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

using restful_functions::detail::shared_text;

TEST_SUITE_BEGIN("detail/shared_text");

TEST_CASE("a short text is a value, and a copy has bytes of its own") {
    const shared_text text = "null";
    const shared_text copy = text;
    CHECK(!text.is_shared());
    CHECK(copy == "null");
    CHECK(copy.size() == 4);
    CHECK(copy.view().data() != text.view().data());
    CHECK(shared_text() == "");
}

TEST_CASE("a long text is taken over, and its copies have the same bytes") {
    std::string given(shared_text::least_shared, 'x');
    const char* const bytes = given.data();
    shared_text text(std::move(given));
    CHECK(text.is_shared());
    CHECK(text.view().data() == bytes);
    const shared_text copy = text;
    text = "another one";
    CHECK(copy.view().data() == bytes);
    CHECK(copy == std::string(shared_text::least_shared, 'x'));
    CHECK(!shared_text(std::string(shared_text::least_shared - 1, 'x')).is_shared());
}

TEST_CASE("a long part shares the bytes of the whole, and a short one is copied") {
    constexpr std::size_t half = shared_text::least_shared;
    const auto whole = [] { return shared_text(std::string(half, 'a') + std::string(half, 'b')); };
    const shared_text text = whole();
    const shared_text part = text.substr(half, 2 * half);
    CHECK(part == std::string(half, 'b'));
    CHECK(part.view().data() == text.view().data() + half);
    CHECK(!text.substr(half - 1, 2).is_shared());
    CHECK(text.substr(half - 1, 2) == "ab");
    CHECK(text.substr(2 * half, 1) == "");
    CHECK(shared_text("abc").substr(1, 9) == "bc");
    CHECK(whole().substr(0, half).substr(1, half) == std::string(half - 1, 'a'));
}

TEST_SUITE_END();
