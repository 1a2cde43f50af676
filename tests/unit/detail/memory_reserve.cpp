#include <restful_functions/detail/memory_reserve.hpp>

#include "../address_sanitizer.hpp"

#include <doctest/doctest.h>

#include <malloc.h>
#include <sys/resource.h>

#include <cstdlib>
#include <new>
#include <optional>
#include <utility>

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

/// Lets the process have no more memory than it has while this lives, and the allocator has none.
class no_more_memory {
 public:
    no_more_memory() {
        ::getrlimit(RLIMIT_AS, &before_);
        const rlimit none{0, before_.rlim_max};
        ::setrlimit(RLIMIT_AS, &none);
        while (auto* const taken = static_cast<block*>(std::malloc(memory_reserve::size / 16))) {
            taken->next = all_;
            all_ = taken;
        }
    }
    no_more_memory(const no_more_memory&) = delete;
    no_more_memory& operator=(const no_more_memory&) = delete;
    ~no_more_memory() {
        while (all_ != nullptr) std::free(std::exchange(all_, all_->next));
        ::setrlimit(RLIMIT_AS, &before_);
    }

 private:
    struct block {
        block* next;
    };

    rlimit before_{};
    block* all_ = nullptr;
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
    if (test::address_sanitizer) return;
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

TEST_CASE("freed memory that the allocator keeps is taken for the reserve") {
    if (test::address_sanitizer) return;
    ::mallopt(M_MMAP_THRESHOLD, 32 << 20);
    ::mallopt(M_TRIM_THRESHOLD, 64 << 20);
    memory_reserve reserve;
    CHECK(asks_for_more());
    void* volatile freed = std::malloc(4 * memory_reserve::size);
    bool is_refilled = false;
    {
        const no_more_memory now;
        std::free(freed);
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
