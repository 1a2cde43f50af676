#include <restful_functions/process/slot_arena.hpp>

#include <doctest/doctest.h>

#include <sys/stat.h>

#include <cstring>

using namespace restful_functions::process;

namespace {

std::size_t resident_bytes(const slot_arena& arena) {
    struct stat file {};
    REQUIRE(::fstat(arena.descriptor(), &file) == 0);
    return static_cast<std::size_t>(file.st_blocks) * 512;
}

}  // namespace

TEST_CASE("slots lie a whole number of pages apart and do not overlap") {
    const slot_arena arena({3, 10'000, 1000}, operating_system::real());
    CHECK(arena.layout().slot_size() % static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)) == 0);
    CHECK(arena.at(0).capacity() >= 10'000);
    CHECK(arena.at(1).memory() == arena.at(0).memory() + arena.layout().offset(1));
    CHECK(arena.layout().offset(2) + arena.layout().slot_size() <= arena.layout().size());
}

TEST_CASE("an arena costs memory only for what was written") {
    const slot_arena arena({256, 64 * 1024 * 1024, 1000}, operating_system::real());
    CHECK(resident_bytes(arena) == 0);
    std::memset(arena.at(7).payload(), 'x', 8 * 1024 * 1024);
    CHECK(resident_bytes(arena) >= 8 * 1024 * 1024);
    arena.clear(7, 8 * 1024 * 1024);
    CHECK(resident_bytes(arena) <= 128 * 1024);
}

TEST_CASE("a cleared slot has no process and no call") {
    const slot_arena arena({1, 1000, 1000}, operating_system::real());
    arena.at(0).header().state = slot_state::done;
    arena.at(0).header().output_size = 1000;
    arena.clear(0, 1000);
    CHECK(arena.at(0).header().state == slot_state::vacant);
    CHECK(arena.at(0).header().output_size == 0);
}

TEST_CASE("the arena's file is linked in no directory") {
    const slot_arena arena({1, 1000, 1000}, operating_system::real());
    struct stat file {};
    REQUIRE(::fstat(arena.descriptor(), &file) == 0);
    CHECK(file.st_nlink == 0);
}

TEST_CASE("nobody can change the arena's size") {
    const slot_arena arena({1, 1000, 1000}, operating_system::real());
    CHECK(::ftruncate(arena.descriptor(), 0) == -1);
    CHECK(::ftruncate(arena.descriptor(), 1 << 30) == -1);
    CHECK(::fcntl(arena.descriptor(), F_ADD_SEALS, F_SEAL_WRITE) == -1);
}
