/// The rules about a whole head.
#include <restful_functions/http/head_rules.hpp>

#include <doctest/doctest.h>

#include <initializer_list>
#include <utility>

namespace http = restful_functions::http;

namespace {

http::request head(int version_minor,
                   std::initializer_list<std::pair<const char*, const char*>> fields) {
    http::request made;
    made.version_minor = version_minor;
    for (const auto& [name, value] : fields) made.headers.add(name, value);
    return made;
}

int status(const http::request& made) { return http::check_head(made).status; }

}  // namespace

TEST_CASE("HTTP/1.1 needs one Host, HTTP/1.0 none") {
    CHECK(status(head(1, {{"host", "a"}})) == 0);
    CHECK(status(head(1, {})) == 400);
    CHECK(status(head(0, {})) == 0);
    CHECK(status(head(0, {{"Host", "a b"}})) == 400);
    CHECK(status(head(1, {{"Host", "a"}, {"HOST", "a"}})) == 400);
}

TEST_CASE("chunked is the only transfer coding") {
    const auto coded = [](const char* value) {
        return status(head(1, {{"Host", "a"}, {"Transfer-Encoding", value}}));
    };
    CHECK(coded("Chunked") == 0);
    CHECK(coded("gzip,chunked") == 501);
    CHECK(coded("gzip, \tchunked") == 501);
    CHECK(coded("chunked, gzip") == 400);
    CHECK(coded("") == 400);
    CHECK(coded(",") == 400);
}

TEST_CASE("100-continue is the only expectation, and one of HTTP/1.1") {
    const http::request asks = head(1, {{"Host", "a"}, {"Expect", "100-Continue"}});
    CHECK(status(asks) == 0);
    CHECK(http::expects_continue(asks));
    CHECK(status(head(1, {{"Host", "a"}, {"Expect", "tea"}})) == 417);
    CHECK(status(head(1, {{"Host", "a"}, {"Expect", "100-continue"}, {"expect", "tea"}})) == 417);
    CHECK(status(head(0, {{"Expect", "tea"}})) == 0);
    CHECK_FALSE(http::expects_continue(head(0, {{"Expect", "100-continue"}})));
}

TEST_CASE("a connection goes on unless the version or a Connection field says otherwise") {
    const auto goes_on = [](int version_minor, const char* connection) {
        return http::wants_to_keep_alive(head(version_minor, {{"connection", connection}}));
    };
    CHECK(http::wants_to_keep_alive(head(1, {})));
    CHECK_FALSE(http::wants_to_keep_alive(head(0, {})));
    CHECK_FALSE(goes_on(1, "Close"));
    CHECK_FALSE(goes_on(1, "close\t"));
    CHECK_FALSE(goes_on(1, "x,\tclose , y"));
    CHECK(goes_on(1, "closed, ,"));
    CHECK(goes_on(0, "Keep-Alive"));
    CHECK_FALSE(goes_on(0, "keep-alive, close"));
    CHECK_FALSE(http::wants_to_keep_alive(head(1, {{"Connection", "x"}, {"Connection", "close"}})));
}
