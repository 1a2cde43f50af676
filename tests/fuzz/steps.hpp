/// steps: an input as the steps and bytes that it tells.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace fuzz {

/// The steps and bytes that an input tells.
class steps {
 public:
    explicit steps(std::string_view bytes) : rest_(bytes) {}

    [[nodiscard]] bool is_empty() const noexcept { return rest_.empty(); }

    std::uint8_t byte() {
        if (rest_.empty()) return 0;
        const char first = rest_.front();
        rest_.remove_prefix(1);
        return static_cast<std::uint8_t>(first);
    }
    std::size_t below(std::size_t bound) { return byte() % bound; }

    std::string_view bytes(std::size_t count) {
        const std::string_view taken = rest_.substr(0, count);
        rest_.remove_prefix(taken.size());
        return taken;
    }

 private:
    std::string_view rest_;
};

/// Writes pieces of the input anywhere into memory: an offset, a length and the bytes.
inline void scribble(steps& from, std::byte* memory, std::size_t size) {
    for (std::size_t pieces = from.below(4) + 1; pieces > 0; --pieces) {
        const std::size_t at = (from.byte() * std::size_t{256} + from.byte()) % size;
        const std::string_view piece = from.bytes(std::min<std::size_t>(from.byte(), size - at));
        std::memcpy(memory + at, piece.data(), piece.size());
    }
}

}  // namespace fuzz
