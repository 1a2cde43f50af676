#include <restful_functions/process/slot_arena.hpp>

#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cstring>
#include <string>
#include <system_error>

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
    CHECK(::fcntl(arena.descriptor(), F_GET_SEALS) == (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL));
}

TEST_CASE("an arena that is larger than files may be is an error, and no signal") {
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
    const rlimit low{4096, before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &low) == 0);
    std::string why;
    try {
        const slot_arena arena({1, 10'000, 1000}, operating_system::real());
    } catch (const std::system_error& error) {
        why = error.what();
    }
    ::setrlimit(RLIMIT_FSIZE, &before);
    CHECK(why.find("RLIMIT_FSIZE (ulimit -f)") != std::string::npos);
}

TEST_CASE("without the address space for it, an arena says how much it needs and what needs less") {
    class full final : public operating_system {
        void* mmap(std::size_t, int, int, int, off_t) override {
            errno = ENOMEM;
            return MAP_FAILED;
        }
    } system;
    const slot_layout layout(4, 10'000, 1000);
    std::string why;
    try {
        const slot_arena arena(layout, system);
    } catch (const std::system_error& error) {
        why = error.what();
    }
    CHECK(why.find("mmap: ") != std::string::npos);
    CHECK(why.find(std::to_string(layout.size()) + " bytes of address space (ulimit -v)") !=
          std::string::npos);
    CHECK(why.find("max_processes, max_payload or log_bytes") != std::string::npos);
}
