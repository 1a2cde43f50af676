/// Where RapidJSON has its memory from.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <new>

namespace restful_functions::json::detail {

/// The heap. RapidJSON's own allocator returns a null pointer where there is no memory, and
/// RapidJSON writes to what it gets; this one throws std::bad_alloc. (RapidJSON names the members.)
class throwing_heap {
 public:
    static constexpr bool kNeedFree = true;

    void* Malloc(std::size_t size) { return size == 0 ? nullptr : checked(std::malloc(size)); }

    void* Realloc(void* old, std::size_t, std::size_t size) {
        if (size != 0) return checked(std::realloc(old, size));
        Free(old);
        return nullptr;
    }

    static void Free(void* memory) noexcept { std::free(memory); }

 private:
    static void* checked(void* memory) {
        if (memory == nullptr) throw std::bad_alloc();
        return memory;
    }
};

}  // namespace restful_functions::json::detail
