#include <restful_functions/http/pieced_text.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace http = restful_functions::http;

namespace {

const http::shared_text large(std::string(100'000, 'x'));

std::vector<std::string_view> pieces_of(const http::pieced_text& text) {
    std::vector<std::string_view> pieces;
    for (std::size_t at = 0; at < text.size(); at += pieces.back().size())
        pieces.push_back(text.rest_of_piece(at));
    return pieces;
}

/// `[xx…, xx…]`
http::pieced_text list() {
    http::pieced_text text = "[";
    text += large;
    text += ", ";
    text += std::string(1, ' ');
    text += large;
    text += "]";
    return text;
}

}  // namespace

TEST_SUITE_BEGIN("http/pieced_text");

TEST_CASE("a text of its own is one string, which is moved in and out") {
    std::string own(1000, 'y');
    const char* const bytes = own.data();
    http::pieced_text text = std::move(own);
    CHECK(text.rest_of_piece(0).data() == bytes);
    CHECK(pieces_of(text).size() == 1);
    CHECK(std::move(text).text().data() == bytes);
    CHECK(http::pieced_text().empty());
}

TEST_CASE("short pieces are appended to each other") {
    http::pieced_text text = "a";
    text += http::shared_text("b");
    text += http::pieced_text(std::string_view("c"));
    CHECK(text == "abc");
    CHECK(pieces_of(text).size() == 1);
}

TEST_CASE("a long text is shared where it stands") {
    const auto text = list();
    const auto pieces = pieces_of(text);
    REQUIRE(pieces.size() == 5);
    CHECK(pieces[1].data() == large.view().data());
    CHECK(pieces[2] == ",  ");
    CHECK(pieces[3].data() == large.view().data());
    CHECK(text.size() == 200'005);
    CHECK(text.own_size() == 5);
    CHECK(text.rest_of_piece(100'001).data() == pieces[2].data());
    CHECK(text.rest_of_piece(text.size()).empty());
    CHECK(text.text() == "[" + std::string(large) + ",  " + std::string(large) + "]");
}

TEST_CASE("a text is appended with its pieces") {
    http::pieced_text text;
    text += list();
    CHECK(pieces_of(text).size() == 5);
    text += list();
    CHECK(pieces_of(text).size() == 9);
    CHECK(text.text() == list().text() + list().text());
    CHECK(text == list().text() + list().text());
}

TEST_CASE("texts of different pieces are compared by their bytes") {
    CHECK(list() == list().text());
    CHECK_FALSE(list() == list().text() + " ");
    CHECK_FALSE(list() == list().text().substr(1));
    CHECK_FALSE(list() == "[");
    CHECK(http::pieced_text() == "");
}

TEST_CASE("a part has the pieces that it reaches into, and shares the long ones") {
    const std::string whole = list().text();
    const auto part = list().substr(50'000, 100'000);
    CHECK(part == whole.substr(50'000, 100'000));
    CHECK(part.own_size() == 3);
    CHECK(part.rest_of_piece(0).data() == large.view().data() + 49'999);
    CHECK(list().substr(0, 2) == "[x");
    CHECK(list().substr(200'000, 100) == whole.substr(200'000));
    CHECK(list().substr(200'005, 1).empty());
}

TEST_CASE("a text that is cleared is empty") {
    auto text = list();
    text.clear();
    CHECK(text.empty());
    CHECK(text.size() == 0);
}

TEST_SUITE_END();
