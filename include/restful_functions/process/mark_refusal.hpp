/// mark_refusal: why a process cannot be rewound.
#pragma once

#include <cstddef>
#include <cstdint>

namespace restful_functions::process {

/// The most memory that each process copies for itself: what the program wrote after its memory was
/// frozen, and what could not be frozen.
inline constexpr std::size_t most_rewound_bytes = std::size_t{64} << 20;

/// Fits into memory that processes share.
enum class mark_refusal : std::uint32_t {
    none,
    unsupported,
    too_large,
    untrackable,
    not_alone,
};

/// Whether a process can have said so in good order.
[[nodiscard]] constexpr bool is_known(mark_refusal why) noexcept {
    return why <= mark_refusal::not_alone;
}

/// The end of a sentence: the process cannot be rewound, as…
[[nodiscard]] constexpr const char* describe(mark_refusal why) noexcept {
    static_assert(most_rewound_bytes == std::size_t{64} << 20, "the sentence names the number");
    switch (why) {
        case mark_refusal::none:
            break;
        case mark_refusal::unsupported:
            return "the kernel does not tell what a process writes: Linux 6.7 and later do, unless "
                   "a sandbox forbids it";
        case mark_refusal::too_large:
            return "more than 64 MiB of the program's memory could not be frozen, or it has "
                   "thousands "
                   "of mappings";
        case mark_refusal::untrackable:
            return "some of the program's memory cannot be tracked, such as the shadow of a "
                   "sanitizer or the memory of a device";
        case mark_refusal::not_alone:
            return "the program has started a thread or a child before its first call";
    }
    return "nothing is in its way";
}

}  // namespace restful_functions::process
