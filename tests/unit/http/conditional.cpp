#include <restful_functions/http/conditional.hpp>

#include <doctest/doctest.h>

#include <string>

namespace http = restful_functions::http;

TEST_SUITE_BEGIN("http/conditional");

TEST_CASE("an entity tag is the same for the same bytes only") {
    const std::string tag = http::entity_tag_of("some text");
    CHECK(tag.size() == 18);
    CHECK(tag.front() == '"');
    CHECK(tag.back() == '"');
    CHECK(http::entity_tag_of("some text") == tag);
    CHECK(http::entity_tag_of("some texts") != tag);
    CHECK(http::entity_tag_of("") != tag);
}

TEST_CASE("If-None-Match is a list of tags, weak ones included, or a star") {
    CHECK(http::names_tag(R"("a")", R"("a")"));
    CHECK(http::names_tag(R"(W/"a")", R"("a")"));
    CHECK(http::names_tag(R"("b", W/"c" ,"a")", R"("a")"));
    CHECK(http::names_tag("*", R"("a")"));
    CHECK_FALSE(http::names_tag(R"("b")", R"("a")"));
    CHECK_FALSE(http::names_tag(R"("b, "a)", R"("a")"));
    CHECK_FALSE(http::names_tag("a", R"("a")"));
    CHECK_FALSE(http::names_tag(R"("a)", R"("a")"));
    CHECK_FALSE(http::names_tag("", R"("a")"));
    CHECK_FALSE(http::names_tag(" , ", R"("a")"));
}

TEST_CASE("what the client has is not sent again") {
    http::request asked;
    http::response full;
    full.body = "text";
    CHECK(http::unless_known(asked, "\"1\"", full).body == "text");
    asked.headers.add("If-None-Match", "\"1\"");
    const http::response same = http::unless_known(asked, "\"1\"", full);
    CHECK(same.status == 304);
    CHECK(same.body.empty());
    CHECK(*same.headers.find("ETag") == "\"1\"");
    CHECK(http::unless_known(asked, "\"2\"", full).status == 200);
}

TEST_SUITE_END();
