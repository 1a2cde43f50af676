#include <restful_functions/process/limits.hpp>

#include <doctest/doctest.h>

#include <chrono>

using namespace restful_functions::literals;
using namespace std::chrono_literals;
using restful_functions::bytes;
using restful_functions::limits;

TEST_CASE("a unit is the power of two that it is named for") {
    CHECK(7_B == bytes{7});
    CHECK(1_KiB == 1024_B);
    CHECK(1_MiB == 1024_KiB);
    CHECK(1_GiB == 1024_MiB);
    CHECK(17179869183_GiB == bytes{17179869183U * 1024 * 1024 * 1024});
}

TEST_CASE("amounts compare whatever their units") {
    CHECK(1_GiB > 1023_MiB);
    CHECK(512_KiB < 1_MiB);
}

TEST_CASE("what is not given is not limited") {
    const limits few{.memory = 256_MiB, .cpu = 10s};
    CHECK(few.memory == 256_MiB);
    CHECK(few.cpu == 10'000ms);
    CHECK(!few.processes);
    CHECK(!few.open_files);
    CHECK(!few.file_size);
    CHECK(!few.stack);
}
