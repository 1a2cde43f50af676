/// news: that a call has told of its progress or printed something, for a server that wants to
/// know.
#pragma once

#include <restful_functions/process/descriptors.hpp>
#include <restful_functions/process/slot.hpp>

#include <unistd.h>

#include <atomic>
#include <cstdint>

namespace restful_functions::process {

/// For the process of the call and for the fork server. Where nobody follows the call it costs a
/// load; where somebody does, a system call for the first of the news that the server has not
/// looked at, and nothing for the others.
inline void tell_news(slot_header& header) noexcept {
    if (header.watched.load(std::memory_order_relaxed) == 0) return;
    if (header.has_news.exchange(1, std::memory_order_acq_rel) != 0) return;
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto size = ::write(completion_descriptor, &one, sizeof one);
}

/// For the server: further news are to be told. What was told before is to be looked at after this.
inline void watch_news(slot_header& header) noexcept {
    header.has_news.store(0, std::memory_order_seq_cst);
    header.watched.store(1, std::memory_order_seq_cst);
}

}  // namespace restful_functions::process
