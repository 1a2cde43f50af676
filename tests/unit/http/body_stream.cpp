#include <restful_functions/http/body_stream.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <string>

namespace http = restful_functions::http;

TEST_SUITE_BEGIN("http/body_stream");

TEST_CASE("what is written is taken once, and its reader told each time") {
    http::body_stream stream;
    int told = 0;
    stream.on_news([&told] { ++told; });
    CHECK(stream.write("a"));
    CHECK(stream.write("b"));
    CHECK(told == 2);
    CHECK(stream.take() == "ab");
    CHECK(stream.take().empty());
    CHECK_FALSE(stream.is_done());
    stream.end();
    stream.end();
    CHECK(told == 3);
    CHECK(stream.is_done());
    CHECK_FALSE(stream.write("c"));
}

TEST_CASE("a body that is made on demand has its next piece made when the last one is taken") {
    http::body_stream stream;
    CHECK(!stream.is_made_on_demand());
    int made = 0;
    stream.write("0");
    stream.on_taken([&] {
        stream.write(std::to_string(++made));
        if (made == 2) stream.end();
    });
    CHECK(stream.is_made_on_demand());
    CHECK(stream.take() == "0");
    CHECK(made == 0);
    CHECK(stream.take() == "1");
    CHECK(stream.take() == "2");
    CHECK(stream.is_done());
    CHECK(stream.take().empty());
    CHECK(made == 2);
}

TEST_CASE("a body that nobody reads any more is not made") {
    http::body_stream stream;
    stream.on_taken([] { FAIL("it was made"); });
    stream.close();
    CHECK(stream.take().empty());
}

TEST_CASE("a body is made of what its maker returns, until that is over") {
    struct {
        int left = 3;
        std::string next() { return --left == 1 ? "" : std::to_string(left); }
        bool is_over() const { return left == 0; }
    } counted;
    const auto maker = std::make_shared<decltype(counted)>(counted);
    const auto stream = http::made_on_demand(maker);
    CHECK(stream->take() == "2");
    CHECK(stream->take().empty());
    CHECK_FALSE(stream->is_done());
    CHECK(stream->take() == "0");
    CHECK(stream->is_done());
    CHECK(maker.use_count() == 2);
    stream->close();
    CHECK(maker.use_count() == 1);
}

TEST_CASE("what others hold as well may wait without a bound") {
    http::body_stream stream(100);
    const http::shared_text large(std::string(100'000, 'x'));
    for (int i = 0; i < 3; ++i) CHECK(stream.write(large, "too slow"));
    CHECK(stream.write(std::string(100, 'y'), "too slow"));
    CHECK_FALSE(stream.write("z", "too slow"));
    CHECK(stream.take() == "too slow");
}

TEST_CASE("what was written before the end is still taken") {
    http::body_stream stream;
    stream.write("a");
    stream.end();
    CHECK_FALSE(stream.is_open());
    CHECK_FALSE(stream.is_done());
    CHECK(stream.take() == "a");
    CHECK(stream.is_done());
}

TEST_CASE("a reader who does not keep up is dropped with a last word") {
    http::body_stream stream(10);
    CHECK(stream.write("123456"));
    CHECK_FALSE(stream.write("78901", "too slow"));
    CHECK_FALSE(stream.is_open());
    CHECK(stream.take() == "too slow");
    CHECK(stream.is_done());
}

TEST_CASE("a piece of any size fits where nothing waits") {
    http::body_stream stream(10);
    CHECK(stream.write(std::string(1000, 'x')));
    CHECK(stream.take().size() == 1000);
    CHECK(stream.write("a"));
}

TEST_CASE("nothing is kept for a client that has gone") {
    http::body_stream stream;
    stream.write("a");
    stream.close();
    CHECK_FALSE(stream.write("b"));
    CHECK(stream.take().empty());
}

TEST_SUITE_END();
