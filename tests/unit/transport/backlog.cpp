/// What a client has sent ahead is kept in order, and gives its memory back.
#include <restful_functions/transport/backlog.hpp>

#include <doctest/doctest.h>

#include <string>

using restful_functions::transport::detail::backlog;

TEST_CASE("bytes come out as they went in") {
    backlog kept;
    CHECK(kept.empty());
    kept.append("abc");
    kept.drop(1);
    CHECK(kept.view() == "bc");
    kept.append("d");
    CHECK(kept.view() == "bcd");
    kept.drop(3);
    CHECK(kept.empty());
    CHECK(kept.view().empty());
    kept.append("e");
    kept.clear();
    CHECK(kept.empty());
    kept.drop(5);
    CHECK(kept.view().empty());
}

TEST_CASE("what is done with counts neither as kept nor for ever") {
    backlog kept;
    const std::string much(64 * 1024, 'x');
    kept.append(much);
    CHECK(kept.full());
    kept.drop(1);
    CHECK(!kept.full());
    for (int i = 0; i < 100; ++i) {
        kept.append(much);
        kept.drop(much.size());
        REQUIRE(kept.view() == much.substr(1));
    }
}
