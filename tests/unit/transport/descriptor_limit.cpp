/// The limit of open descriptors.
#include <restful_functions/detail/unique_fd.hpp>
#include <restful_functions/transport/asio_http_run.hpp>
#include <restful_functions/transport/descriptor_limit.hpp>
#include <restful_functions/transport/http_options.hpp>

#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstddef>
#include <limits>

namespace {

rlimit now() {
    rlimit found{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &found) == 0);
    return found;
}

}  // namespace

TEST_CASE("the soft limit is raised as far as the hard one, and never lowered") {
    const rlimit before = now();
    REQUIRE(before.rlim_max > 300);
    const rlimit low{256, before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &low) == 0);

    restful_functions::transport::allow_descriptors(300);
    CHECK(now().rlim_cur == 300);
    restful_functions::transport::allow_descriptors(200);
    CHECK(now().rlim_cur == 300);
    restful_functions::transport::allow_descriptors(std::numeric_limits<std::size_t>::max());
    CHECK(now().rlim_cur == before.rlim_max);

    ::setrlimit(RLIMIT_NOFILE, &before);
}

TEST_CASE("a descriptor that is opened is one less that is free") {
    const std::size_t free = restful_functions::transport::free_descriptors();
    CHECK(free > 0);
    CHECK(free < now().rlim_cur);
    const restful_functions::detail::unique_fd opened(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    CHECK(restful_functions::transport::free_descriptors() == free - 1);
}

TEST_CASE("connections and their reserve leave the server descriptors of its own") {
    namespace transport = restful_functions::transport;
    const rlimit before = now();
    transport::http_options wanted;
    wanted.max_connections = std::numeric_limits<std::size_t>::max();
    const auto afforded = transport::detail::affordable(wanted);
    CHECK(now().rlim_cur == before.rlim_max);
    CHECK(afforded.max_connections > 1);
    CHECK(afforded.max_connections + transport::reserved_connections(afforded) +
              transport::detail::own_descriptors <=
          transport::free_descriptors());
    ::setrlimit(RLIMIT_NOFILE, &before);
}

TEST_CASE("connections and their reserve share the descriptors that there are") {
    namespace transport = restful_functions::transport;
    for (const std::size_t wanted : {1U, 5U, 20U, 2000U, 100'000U}) {
        transport::http_options options;
        options.max_connections = wanted;
        const std::size_t full_reserve = transport::reserved_connections(options);
        for (std::size_t descriptors = 0; descriptors < 3000; ++descriptors) {
            const auto fit = transport::detail::within(descriptors, options);
            const std::size_t reserve = transport::reserved_connections(fit);
            CAPTURE(wanted);
            CAPTURE(descriptors);
            REQUIRE(fit.max_connections >= 1);
            REQUIRE(fit.max_connections <= wanted);
            REQUIRE(reserve <= full_reserve);
            REQUIRE(reserve <= descriptors / 2);
            REQUIRE(fit.max_connections + reserve <= std::max<std::size_t>(descriptors, 1));
            if (descriptors >= wanted + full_reserve && descriptors >= 2 * full_reserve) {
                REQUIRE(fit.max_connections == wanted);
                REQUIRE(reserve == full_reserve);
            }
        }
    }
}
