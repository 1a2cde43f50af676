#include <restful_functions/process/backoff.hpp>

#include <doctest/doctest.h>

using namespace restful_functions::process;

TEST_CASE("nothing is due before something has failed") {
    backoff tested;
    CHECK_FALSE(tested.retry_at().has_value());
    CHECK_FALSE(tested.take_due({}));
}

TEST_CASE("each failure waits twice as long as the one before, up to a limit") {
    backoff tested;
    backoff::clock::time_point now;
    for (auto expected = backoff::shortest; expected < 2 * backoff::longest; expected *= 2) {
        tested.failed(now);
        CHECK(tested.retry_at() == now + std::min(expected, backoff::longest));
        CHECK_FALSE(tested.take_due(now));
        now = *tested.retry_at();
        CHECK(tested.take_due(now));
        CHECK_FALSE(tested.take_due(now));
    }
}

TEST_CASE("many failures at once are one") {
    backoff tested;
    const backoff::clock::time_point now;
    tested.failed(now);
    tested.failed(now);
    CHECK(tested.retry_at() == now + backoff::shortest);
}

TEST_CASE("a success makes the next failure the first again") {
    backoff tested;
    const backoff::clock::time_point now;
    tested.failed(now);
    CHECK(tested.take_due(now + backoff::longest));
    tested.succeeded();
    tested.failed(now);
    CHECK(tested.retry_at() == now + backoff::shortest);
}
