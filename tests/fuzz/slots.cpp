/// What a process may leave in its slot: any bytes. However the processes of calls behave there,
/// each call ends once, in a way that its process can have ended, and leaves nothing to the next.

#include <restful_functions/process/hand_over.hpp>
#include <restful_functions/process/mark_refusal.hpp>
#include <restful_functions/process/outcome.hpp>
#include <restful_functions/process/slot.hpp>

#include "property.hpp"
#include "simulated_calls.hpp"
#include "steps.hpp"

#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <optional>
#include <variant>

using namespace restful_functions::process;

namespace {

/// What the server reads of a slot in memory that has its end where the slot has it.
void read_all(fuzz::steps& from) {
    constexpr std::size_t size = slot::payload_offset + 64;
    struct deleter {
        void operator()(std::byte* memory) const {
            ::operator delete[](memory, std::align_val_t{alignof(slot_header)});
        }
    };
    const std::unique_ptr<std::byte, deleter> memory(
        static_cast<std::byte*>(::operator new[](size, std::align_val_t{alignof(slot_header)})));
    std::memset(memory.get(), 0, size);
    new (memory.get()) slot_header{};
    fuzz::scribble(from, memory.get(), size);
    const slot source(memory.get(), size);
    const outcome end = take_result(source, std::nullopt);
    if (const auto* result = std::get_if<returned>(&end))
        fuzz::require(result->bytes.size() + result->type.size() <= source.capacity(),
                      "a result is no larger than the slot");
    static_cast<void>(describe(end));
    static_cast<void>(describe(take_stay(source).why_not_rewound));
    const crashed crash = take_crash(source);
    fuzz::require(crash.backtrace.size() <= source.capacity(), "a backtrace lies in the slot");
    if (const auto said = take_progress(source))
        fuzz::require(said->fraction >= 0 && said->fraction <= 1 &&
                          said->message.size() <= sizeof source.header().progress.message,
                      "progress is a part of the whole");
    const outcome death = end_of_process(source, {.value = SIGSEGV}, {});
    const auto* killed = std::get_if<crashed>(&death);
    fuzz::require(killed != nullptr && killed->signal > 0 && killed->signal < NSIG,
                  "a process that was killed has crashed", describe(death));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::steps from(fuzz::text_of(data, size));
    if (from.below(2) == 0) {
        read_all(from);
        return 0;
    }
    fuzz::simulated_calls calls(from);
    for (int taken = 0; taken < 200 && !from.is_empty(); ++taken) calls.step();
    calls.finish();
    return 0;
}
