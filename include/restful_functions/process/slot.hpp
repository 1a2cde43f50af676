/// slot: the shared memory through which the server and one task process hand over a call and its
/// result.
#pragma once

#include <restful_functions/process/isolation.hpp>
#include <restful_functions/process/mark_refusal.hpp>
#include <restful_functions/process/protocol.hpp>

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <iterator>
#include <new>

namespace restful_functions::process {

/// A slot's states, in the order of a call. The server writes `vacant` before it asks for a process
/// and `called` when it hands over a call, whether or not the process has parked by then; the
/// process writes the others. Of a process that serves several calls the server writes `parked`
/// when it has taken a result, and `dismissed` when no call follows.
enum class slot_state : std::uint32_t {
    vacant,     ///< a process is wanted or starting
    parked,     ///< the process waits on the futex, or is about to
    called,     ///< a call lies in the slot
    running,    ///< the process took it
    done,       ///< the result lies in the slot
    crashed,    ///< the process is dying of a signal, and describes that in the slot
    dismissed,  ///< the process is to end itself
};

/// What the result in a `done` slot is. `unfit`: the process could not serve, and says why.
enum class verdict : std::uint32_t { returned = 1, threw, too_large, out_of_memory, unfit };

/// What a process does that is not ready for calls. Should it end meanwhile, that is the reason.
enum class start_stage : std::uint32_t {
    ready,
    run,   ///< a new run of the program has not reached the start of its server, or cannot serve
    hook,  ///< it runs `program::on_process_start`, or that has failed
};

/// What rf::progress said last. The process writes it between two steps of `sequence`, which is odd
/// meanwhile, so that a reader can tell a torn message from a whole one.
struct progress_note {
    std::atomic<std::uint32_t> sequence{0};
    std::uint32_t message_size = 0;
    double fraction = 0;
    char message[240] = {};
};

/// What the signal handler of a dying process leaves in a `crashed` slot. The backtrace lies in the
/// payload, a frame a line, and grows as the handler gets on.
struct crash_note {
    std::int32_t signal = 0;
    std::uint32_t has_address = 0;
    std::uint64_t address = 0;
    std::uint64_t backtrace_begin = 0;
    std::uint64_t backtrace_size = 0;
};

/// What a process leaves in a `crashed` slot that ends by an exception which nobody has caught. The
/// text lies in the payload as in a `done` slot, but elsewhere: another thread of the function may
/// be writing its result.
struct uncaught_note {
    verdict result{};  ///< written last: `threw` or `out_of_memory`
    std::uint32_t type_size = 0;
    std::uint64_t begin = 0;
    std::uint64_t size = 0;
};

/// The first bytes of a slot; the payload (the input, later the result) follows. A task process may
/// scribble over all of it: the server reads each member once and believes nothing.
struct alignas(64) slot_header {
    std::atomic<slot_state> state{slot_state::vacant};
    isolation how = isolation::process;
    bool gives_way = false;   ///< the process lets others run between its result and its end
    std::uint32_t entry = 0;  ///< of the call; until there is one, of the function called last
    std::uint64_t input_size = 0;
    std::uint64_t output_size = 0;
    verdict result = verdict::returned;
    std::uint32_t type_size = 0;  ///< the output begins with so many bytes of the type's name
    std::atomic<std::uint32_t> stop_requested{0};
    std::uint32_t stays = 0;  ///< of a `done` slot: the process waits for another call
    mark_refusal why_not_rewound = mark_refusal::none;  ///< of a `done` slot
    std::uint32_t unlogged = 0;  ///< of a `done` slot: bytes of the call's output still in its pipe
    std::atomic<start_stage> stage{start_stage::ready};
    std::atomic<std::uint32_t> waiting{0};   ///< the process is ready for another call
    std::atomic<std::uint32_t> watched{0};   ///< the server wants to know of news
    std::atomic<std::uint32_t> has_news{0};  ///< and has not looked at them
    usage used{};                            ///< of a `done` slot: by the process since its start
    char label[64] = {};  ///< what the caller calls the call, ended by a zero byte
    char trace[64] = {};  ///< what TRACEPARENT is to be in its environment; empty: nothing
    crash_note crash;
    uncaught_note uncaught;
    progress_note progress;
};

/// Forgets what the slot says of the call before: nobody is to take it for the next one's.
inline void forget_call(slot_header& header) noexcept {
    header.output_size = 0;
    header.type_size = 0;
    header.stop_requested.store(0, std::memory_order_relaxed);
    header.watched.store(0, std::memory_order_relaxed);
    header.has_news.store(0, std::memory_order_relaxed);
    header.stays = 0;
    header.unlogged = 0;
    header.used = {};
    std::fill(std::begin(header.label), std::end(header.label), '\0');
    std::fill(std::begin(header.trace), std::end(header.trace), '\0');
    header.crash = {};
    header.uncaught = {};
    new (&header.progress) progress_note{};
}

static_assert(std::atomic<slot_state>::is_always_lock_free,
              "the state word is shared between processes");
static_assert(sizeof(std::atomic<slot_state>) == sizeof(std::uint32_t),
              "futex(2) waits on 32 bits");

/// A view of the part of a slot that a task process maps. Small calls touch one page only: the
/// payload begins right behind the header.
class slot {
 public:
    static constexpr std::size_t payload_offset = sizeof(slot_header);

    slot(std::byte* memory, std::size_t size) noexcept : memory_(memory), size_(size) {}

    [[nodiscard]] slot_header& header() const noexcept {
        return *reinterpret_cast<slot_header*>(memory_);
    }
    [[nodiscard]] char* payload() const noexcept {
        return reinterpret_cast<char*>(memory_ + payload_offset);
    }
    [[nodiscard]] std::size_t capacity() const noexcept { return size_ - payload_offset; }
    [[nodiscard]] std::byte* memory() const noexcept { return memory_; }

    /// Blocks while the state is `state`. The kernel compares before it sleeps, so no wake-up is
    /// missed (futex(2)).
    void wait_while(slot_state state) const noexcept {
        while (header().state.load(std::memory_order_acquire) == state) {
            ::syscall(SYS_futex, &header().state, FUTEX_WAIT, state, nullptr, nullptr, 0);
        }
    }

    /// Blocks once at most, while the state is `state`, and not beyond `until` of CLOCK_MONOTONIC.
    void wait_while(slot_state state, const timespec& until) const noexcept {
        ::syscall(SYS_futex, &header().state, FUTEX_WAIT_BITSET, state, &until, nullptr,
                  FUTEX_BITSET_MATCH_ANY);
    }

    void wake() const noexcept {
        ::syscall(SYS_futex, &header().state, FUTEX_WAKE, 1, nullptr, nullptr, 0);
    }

 private:
    std::byte* memory_;
    std::size_t size_;
};

}  // namespace restful_functions::process
