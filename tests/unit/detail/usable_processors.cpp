#include <restful_functions/detail/usable_processors.hpp>

#include "made_up_machine.hpp"

#include <doctest/doctest.h>

#include <sched.h>

#include <cmath>
#include <cstddef>

using namespace restful_functions::detail;
using test::made_up_machine;

namespace {

class machine : public made_up_machine {
 public:
    [[nodiscard]] double quota() const { return processors_of_cgroup(self()); }
    [[nodiscard]] std::size_t processors() const { return usable_processors(self()); }
};

}  // namespace

TEST_CASE("without control groups it is the affinity that counts") {
    cpu_set_t before;
    REQUIRE(::sched_getaffinity(0, sizeof before, &before) == 0);
    const machine none;
    CHECK(none.processors() == static_cast<std::size_t>(CPU_COUNT(&before)));
    int first = 0;
    while (!CPU_ISSET(first, &before)) ++first;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(first, &one);
    REQUIRE(::sched_setaffinity(0, sizeof one, &one) == 0);
    CHECK(none.processors() == 1);
    ::sched_setaffinity(0, sizeof before, &before);
}

TEST_CASE("the quota of version 2 is the least of the group's and of those above it") {
    machine own;
    own.says("proc/cgroup", "0::/system/unit").mounts("cgroup2", "/", "x");
    CHECK(std::isinf(own.quota()));
    own.says("cgroup/cgroup2x/system/unit/cpu.max", "max 100000");
    CHECK(std::isinf(own.quota()));
    own.says("cgroup/cgroup2x/system/cpu.max", "150000 100000");
    CHECK(own.quota() == 1.5);
    own.says("cgroup/cgroup2x/system/unit/cpu.max", "20000 100000");
    CHECK(own.quota() == 0.2);
    CHECK(own.processors() == 1);
}

TEST_CASE("a container that sees its group as the root has its quota there") {
    machine own;
    own.says("proc/cgroup", "0::/").mounts("cgroup2", "/", "x");
    own.says("cgroup/cgroup2x/cpu.max", "50000 100000");
    CHECK(own.quota() == 0.5);
}

TEST_CASE("the quota of version 1 is in the hierarchy of the processors") {
    machine own;
    own.says("proc/cgroup", "5:memory:/docker/1\n4:cpu,cpuacct:/docker/1\n3:cpuset:/other\n0::/");
    own.mounts("cgroup", "/docker/1", "memory").mounts("cgroup", "/docker/1", "cpu,cpuacct");
    own.says("cgroup/cgroupcpu,cpuacct/cpu.cfs_period_us", "50000");
    own.says("cgroup/cgroupcpu,cpuacct/cpu.cfs_quota_us", "-1");
    CHECK(std::isinf(own.quota()));
    own.says("cgroup/cgroupcpu,cpuacct/cpu.cfs_quota_us", "125000");
    CHECK(own.quota() == 2.5);
}

TEST_CASE("files that make no sense are no quota") {
    machine own;
    own.says("proc/cgroup", "0::/").mounts("cgroup2", "/", "x");
    for (const char* text : {"", "nonsense", "100000", "100000 0", "0 100000", "-5 -5"}) {
        own.says("cgroup/cgroup2x/cpu.max", text);
        CHECK(std::isinf(own.quota()));
    }
}

TEST_CASE("a quota is rounded up, and never above the affinity") {
    machine own;
    own.says("proc/cgroup", "0::/").mounts("cgroup2", "/", "x");
    own.says("cgroup/cgroup2x/cpu.max", "100000000 100000");
    CHECK(own.processors() == processors_of_affinity());
    if (processors_of_affinity() < 2) return;
    own.says("cgroup/cgroup2x/cpu.max", "100001 100000");
    CHECK(own.processors() == 2);
}
