/// Where RapidJSON has its memory from.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <new>

namespace restful_functions::json::detail {

/// The heap. RapidJSON's own allocator returns a null pointer where there is no memory, and
/// RapidJSON writes to what it gets; this one does as operator new does. (RapidJSON names the
/// members.)
class throwing_heap {
 public:
    static constexpr bool kNeedFree = true;

    void* Malloc(std::size_t size) { return Realloc(nullptr, 0, size); }

    void* Realloc(void* old, std::size_t, std::size_t size) {
        if (size == 0) {
            Free(old);
            return nullptr;
        }
        for (;;) {
            if (void* const memory = std::realloc(old, size); memory != nullptr) return memory;
            const std::new_handler make_room = std::get_new_handler();
            if (make_room == nullptr) throw std::bad_alloc();
            make_room();
        }
    }

    static void Free(void* memory) noexcept { std::free(memory); }
};

}  // namespace restful_functions::json::detail
