/// The limit of open descriptors.
#include <restful_functions/detail/unique_fd.hpp>
#include <restful_functions/transport/descriptor_limit.hpp>

#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/resource.h>

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
