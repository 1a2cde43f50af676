/// Stops, asked for by threads and by signals.
#include <restful_functions/detail/stop_switch.hpp>

#include <doctest/doctest.h>

#include <poll.h>

#include <csignal>
#include <stdexcept>

using restful_functions::detail::stop_signals;
using restful_functions::detail::stop_switch;

namespace {

bool readable(const stop_switch& stop) {
    pollfd watched{stop.descriptor(), POLLIN, 0};
    return ::poll(&watched, 1, 0) == 1;
}

}  // namespace

TEST_CASE("a switch counts the requests and shows that there was one") {
    stop_switch stop;
    CHECK(stop.requests() == 0);
    CHECK_FALSE(readable(stop));
    stop.request();
    stop.request();
    CHECK(stop.requests() == 2);
    CHECK(readable(stop));
    stop.rearm();
    CHECK_FALSE(readable(stop));
    CHECK(stop.requests() == 2);
}

TEST_CASE("signals are requests as long as they are led to the switch") {
    static int elsewhere = 0;
    std::signal(SIGTERM, [](int) { ++elsewhere; });
    std::signal(SIGINT, SIG_DFL);  // a background job ignores it
    stop_switch stop;
    {
        const stop_signals led(stop);
        std::raise(SIGTERM);
        std::raise(SIGINT);
        CHECK(stop.requests() == 2);
        CHECK(elsewhere == 0);
    }
    std::raise(SIGTERM);
    CHECK(stop.requests() == 2);
    CHECK(elsewhere == 1);
    std::signal(SIGTERM, SIG_DFL);
}

TEST_CASE("a signal that is ignored stays ignored") {
    for (const int signal : {SIGINT, SIGTERM}) {
        CAPTURE(signal);
        std::signal(signal, SIG_IGN);
        stop_switch stop;
        {
            const stop_signals led(stop);
            std::raise(signal);
            CHECK(stop.requests() == 0);
        }
        const bool still_ignored = std::signal(signal, SIG_DFL) == SIG_IGN;
        CHECK(still_ignored);
    }
}

TEST_CASE("signals are led to one switch at a time") {
    stop_switch first;
    stop_switch second;
    const stop_signals led(first);
    CHECK_THROWS_AS(stop_signals{second}, std::logic_error);
}
