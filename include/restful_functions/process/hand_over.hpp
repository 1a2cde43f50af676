/// hand_over: the server's two moves on a slot, giving a call to its process and taking the result
/// back.
#pragma once

#include <restful_functions/process/outcome.hpp>
#include <restful_functions/process/slot.hpp>

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace restful_functions::process {

/// Puts a call into a slot and wakes its process. One that is still starting finds the call when it
/// wants to park.
inline void hand_over(const slot& target, std::uint32_t entry, std::string_view input) noexcept {
    target.header().entry = entry;
    target.header().input_size = input.size();
    if (!input.empty()) {
        std::memcpy(target.payload(), input.data(), input.size());
    }
    if (target.header().state.exchange(slot_state::called, std::memory_order_acq_rel) ==
        slot_state::parked) {
        target.wake();
    }
}

/// Copies the result out of a slot that is `done`. The process may write to its slot at any moment,
/// before and after: each member is read once and believed only within the slot's bounds.
inline outcome take_result(const slot& source) {
    const volatile slot_header& header = source.header();
    const verdict result = header.result;
    const std::uint64_t size = header.output_size;
    if (size <= source.capacity()) {
        switch (result) {
            case verdict::returned:
                return returned{std::string(source.payload(), size)};
            case verdict::threw:
                return threw{std::string(source.payload(), size)};
            case verdict::too_large:
                return result_too_large{source.capacity()};
        }
    }
    return lost{"the task process left an unreadable result"};
}

}  // namespace restful_functions::process
