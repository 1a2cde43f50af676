/// waiting_calls: the calls that no process can be had for at the moment, the oldest first.
#pragma once

#include <restful_functions/process/call_labels.hpp>
#include <restful_functions/process/events.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>

namespace restful_functions::process {

struct waiting_call {
    call_id call;
    std::uint32_t entry;
    std::string input;
    std::string id;
    std::string trace;
    /// Set by the first fork that failed for it.
    std::optional<std::chrono::steady_clock::time_point> give_up_at;

    [[nodiscard]] call_labels labels() const noexcept { return {id, trace}; }
};

class waiting_calls {
 public:
    [[nodiscard]] bool empty() const noexcept { return calls_.empty(); }
    [[nodiscard]] std::size_t size() const noexcept { return calls_.size(); }
    [[nodiscard]] const waiting_call& operator[](std::size_t index) const noexcept {
        return calls_[index];
    }
    void erase_at(std::size_t index) {
        calls_.erase(calls_.begin() + static_cast<std::ptrdiff_t>(index));
    }

    [[nodiscard]] bool contains(call_id call) const noexcept {
        return std::any_of(calls_.begin(), calls_.end(),
                           [call](const auto& other) { return other.call == call; });
    }

    /// Puts a call where its age belongs: one whose fork failed has waited before.
    void insert(waiting_call call) {
        const auto younger = std::find_if(calls_.begin(), calls_.end(), [&](const auto& other) {
            return other.call > call.call;
        });
        calls_.insert(younger, std::move(call));
    }

    /// false: it was not there.
    bool erase(call_id call) {
        return std::erase_if(calls_, [&](const auto& other) { return other.call == call; }) > 0;
    }

    /// Hands all of them over.
    [[nodiscard]] std::deque<waiting_call> take() noexcept { return std::exchange(calls_, {}); }

 private:
    std::deque<waiting_call> calls_;
};

}  // namespace restful_functions::process
