#include <restful_functions/detail/usable_memory.hpp>

#include "made_up_machine.hpp"

#include <doctest/doctest.h>

#include <cstddef>

using namespace restful_functions::detail;
using test::made_up_machine;

namespace {

std::size_t memory_of_machine() { return usable_memory("/nowhere"); }

}  // namespace

TEST_CASE("without control groups it is the memory of the machine") {
    CHECK(memory_of_machine() > std::size_t{16} << 20);
    CHECK(memory_of_machine() % 4096 == 0);
}

TEST_CASE("the limit of version 2 is the least of the group's and of those above it") {
    made_up_machine own;
    own.says("proc/cgroup", "0::/system/unit").mounts("cgroup2", "/", "x");
    own.says("cgroup/cgroup2x/system/unit/memory.max", "max");
    CHECK(usable_memory(own.self()) == memory_of_machine());
    own.says("cgroup/cgroup2x/system/memory.max", "8388608");
    CHECK(usable_memory(own.self()) == 8388608);
    own.says("cgroup/cgroup2x/system/unit/memory.max", "4194304");
    CHECK(usable_memory(own.self()) == 4194304);
}

TEST_CASE("the limit of version 1 is in the hierarchy of memory") {
    made_up_machine own;
    own.says("proc/cgroup", "5:memory:/docker/1\n4:cpu,cpuacct:/docker/1");
    own.mounts("cgroup", "/docker/1", "cpu,cpuacct").mounts("cgroup", "/docker/1", "memory");
    own.says("cgroup/cgroupmemory/memory.limit_in_bytes", "9223372036854771712");  // no limit
    CHECK(usable_memory(own.self()) == memory_of_machine());
    own.says("cgroup/cgroupmemory/memory.limit_in_bytes", "8388608");
    CHECK(usable_memory(own.self()) == 8388608);
}
