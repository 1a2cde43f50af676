#include <restful_functions/process/memory_map.hpp>

#include <doctest/doctest.h>

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <memory>

using namespace restful_functions::process;

namespace {

/// nullptr: nothing is mapped there.
const mapping* find(const mapping_list& list, const void* address) {
    const auto wanted = reinterpret_cast<std::uintptr_t>(address);
    const auto* found = std::find_if(list.begin(), list.end(), [=](const mapping& known) {
        return known.begin <= wanted && wanted < known.end;
    });
    return found != list.end() ? found : nullptr;
}

int variable = 1;

}  // namespace

TEST_CASE("the map of memory tells private from shared, and constants from variables") {
    void* shared = ::mmap(nullptr, 4096, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    const auto list = std::make_unique<mapping_list>();
    REQUIRE(read_memory_map(*list));
    REQUIRE(find(*list, shared) != nullptr);
    CHECK(find(*list, shared)->shared);
    CHECK_FALSE(find(*list, shared)->writable);
    REQUIRE(find(*list, &variable) != nullptr);
    CHECK_FALSE(find(*list, &variable)->shared);
    CHECK(find(*list, &variable)->writable);
    CHECK(find(*list, &variable)->file.inode != 0);
    REQUIRE(find(*list, "a constant") != nullptr);
    CHECK_FALSE(find(*list, "a constant")->writable);
    ::munmap(shared, 4096);
}

TEST_CASE("the map of memory is in order, and complete to the top of the stack") {
    const auto list = std::make_unique<mapping_list>();
    REQUIRE(read_memory_map(*list));
    CHECK(std::is_sorted(list->begin(), list->end(), [](const mapping& left, const mapping& right) {
        return left.end <= right.begin;
    }));
    const int on_the_stack = 1;
    REQUIRE(find(*list, &on_the_stack) != nullptr);
    CHECK(find(*list, &on_the_stack)->is_anonymous());
}

TEST_CASE("the detailed map of memory tells how much of a mapping is in use") {
    constexpr std::size_t size = 1024 * 4096;
    void* memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    ::madvise(memory, size, MADV_NOHUGEPAGE);
    std::memset(memory, 1, std::size_t{10} * 4096);
    const auto list = std::make_unique<mapping_list>();
    REQUIRE(read_detailed_memory_map(*list));
    REQUIRE(find(*list, memory) != nullptr);
    CHECK(find(*list, memory)->used == std::size_t{10} * 4096);
    ::munmap(memory, size);
}
