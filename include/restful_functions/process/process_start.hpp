/// process_start: the program's hook for what is new in each process, and the fate of the call that
/// would have run where the hook fails.
#pragma once

#include <restful_functions/process/crash_handler.hpp>
#include <restful_functions/process/exception_text.hpp>
#include <restful_functions/process/parking.hpp>
#include <restful_functions/process/program.hpp>
#include <restful_functions/process/slot.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <iostream>
#include <string_view>

namespace restful_functions::process::detail {

/// An exception of the hook, kept until there is a call to answer with it. A crash is kept by the
/// crash handler (crash_handler.hpp); a process that exits keeps nothing, and fails the call that
/// waits for it or finds no other one.
class hook_failure {
 public:
    /// Of the exception that is being handled.
    void take(const char* what) {
        window text{text_.data(), text_.size()};
        type_size_ = write_exception(text, what);
        size_ = text.size;
    }

    /// Of a process that cannot serve at all.
    void take_unfitness(std::string_view why) {
        size_ = std::min(why.size(), text_.size());
        std::memcpy(text_.data(), why.data(), size_);
        verdict_ = verdict::unfit;
    }

    /// Writes the result of the next call. false: none has come in time.
    [[nodiscard]] bool answer(slot own) const {
        if (!wait_for_call_to_fail(own)) return false;
        slot_header& header = own.header();
        header.state.store(slot_state::running, std::memory_order_release);
        header.output_size = std::min(size_, own.capacity());
        header.type_size = std::min(type_size_, static_cast<std::uint32_t>(header.output_size));
        std::memcpy(own.payload(), text_.data(), header.output_size);
        header.result = verdict_;
        return true;
    }

 private:
    std::array<char, 4096> text_;
    std::size_t size_ = 0;
    verdict verdict_ = verdict::threw;
    std::uint32_t type_size_ = 0;
};

/// Runs the hook. false: it has thrown; `failure` keeps its words, and is to be answered with.
inline bool run_hook(program& work, slot_header& header, hook_failure& failure) {
    header.stage.store(start_stage::hook, std::memory_order_release);
    bool succeeds = false;
    try {
        work.on_process_start();
        succeeds = true;
    } catch (const std::exception& error) {
        failure.take(error.what());
    } catch (...) {
        failure.take(nullptr);
    }
    // It is in the log of the first call.
    std::cout.flush();
    std::fflush(stdout);
    if (succeeds) header.stage.store(start_stage::ready, std::memory_order_release);
    return succeeds;
}

}  // namespace restful_functions::process::detail
