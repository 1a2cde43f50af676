#include <restful_functions/process/spawn_order.hpp>

#include <doctest/doctest.h>

#include <string>

namespace process = restful_functions::process;
using process::spawn_order;

TEST_CASE("an order is read as it was written") {
    for (const std::string directory : {"", "/sys/fs/cgroup/a b/c"}) {
        const auto read = spawn_order::read(spawn_order{.parent = 12,
                                                        .self = {.slot = 3, .generation = 4},
                                                        .server = 5,
                                                        .slot_offset = 1UL << 40,
                                                        .slot_size = 4096,
                                                        .descriptors = 700,
                                                        .has_log = true,
                                                        .memory_directory = directory}
                                                .text());
        REQUIRE(read);
        CHECK(read->parent == 12);
        CHECK(read->self.slot == 3);
        CHECK(read->self.generation == 4);
        CHECK(read->server == 5);
        CHECK(read->slot_offset == 1UL << 40);
        CHECK(read->slot_size == 4096);
        CHECK(read->descriptors == 700);
        CHECK(read->has_log);
        CHECK(read->memory_directory == directory);
    }
}

TEST_CASE("what is no order, or not all of one, is not read") {
    const std::string whole = spawn_order().text();
    CHECK(spawn_order::read(whole));
    for (std::size_t length = 0; length < whole.size(); ++length) {
        CHECK(!spawn_order::read(whole.substr(0, length)));
    }
    CHECK(!spawn_order::read("x" + whole));
    CHECK(!spawn_order::read("1 2 3 4 5 6 7 2 /"));
    CHECK(!spawn_order::read("1 2 3 4 99999999999999999999999 6 7 1 /"));
}
