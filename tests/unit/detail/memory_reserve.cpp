#include <restful_functions/detail/memory_reserve.hpp>

#include "../address_sanitizer.hpp"

#include <doctest/doctest.h>

#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <new>
#include <optional>

using restful_functions::detail::memory_reserve;

namespace {

/// What operator new does when malloc() has no memory. false: it gives up.
bool asks_for_more() {
    try {
        std::get_new_handler()();
        return true;
    } catch (const std::bad_alloc&) {
        return false;
    }
}

/// Bytes, as RLIMIT_AS counts them.
rlim_t address_space() {
    rlim_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    return pages * static_cast<rlim_t>(::sysconf(_SC_PAGESIZE));
}

/// Lets the process have no more address space than `most`, or than it has, while this lives.
class no_more_memory {
 public:
    explicit no_more_memory(rlim_t most = 0) {
        ::getrlimit(RLIMIT_AS, &before_);
        const rlimit none{most, before_.rlim_max};
        ::setrlimit(RLIMIT_AS, &none);
    }
    no_more_memory(const no_more_memory&) = delete;
    no_more_memory& operator=(const no_more_memory&) = delete;
    ~no_more_memory() { ::setrlimit(RLIMIT_AS, &before_); }

 private:
    rlimit before_{};
};

void handler_of_the_program() {}

bool is_handled_by(std::new_handler handler) { return std::get_new_handler() == handler; }

}  // namespace

TEST_CASE("a reserve is let go once, and then refilled") {
    memory_reserve reserve;
    CHECK(asks_for_more());
    CHECK_FALSE(asks_for_more());
    CHECK(reserve.refill());
    CHECK(asks_for_more());
}

TEST_CASE("nothing new is begun while the system has no memory for the reserve") {
    memory_reserve reserve;
    CHECK(asks_for_more());
    bool is_refilled = true;
    {
        const no_more_memory now;
        is_refilled = reserve.refill();
    }
    CHECK_FALSE(is_refilled);
    CHECK(reserve.refill());
}

TEST_CASE("what the allocator keeps of freed memory is taken for the reserve") {
    if (test::address_sanitizer) return;  // it has an allocator of its own
    memory_reserve reserve;
    CHECK(asks_for_more());
    bool is_refilled = false;
    {
        ::mallopt(M_MMAP_THRESHOLD, 32 << 20);
        ::mallopt(M_TRIM_THRESHOLD, 64 << 20);
        void* volatile freed = std::malloc(std::size_t{8} << 20);
        std::memset(freed, 1, std::size_t{8} << 20);
        std::free(freed);
        const no_more_memory now(address_space());
        is_refilled = reserve.refill();
    }
    CHECK(is_refilled);
}

TEST_CASE("several have one reserve, which the last one takes away with it") {
    std::optional<memory_reserve> first(std::in_place);
    std::optional<memory_reserve> second(std::in_place);
    first.reset();
    CHECK(asks_for_more());
    CHECK_FALSE(asks_for_more());
    second.reset();
    CHECK(is_handled_by(nullptr));
}

TEST_CASE("a program that has a new-handler of its own keeps it") {
    std::set_new_handler(handler_of_the_program);
    {
        memory_reserve reserve;
        CHECK(reserve.refill());
        CHECK(is_handled_by(handler_of_the_program));
    }
    CHECK(is_handled_by(handler_of_the_program));
    std::set_new_handler(nullptr);
}
