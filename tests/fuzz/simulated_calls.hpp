/// simulated_calls: an executor whose processes do what an input says.
#pragma once

#include <restful_functions/process/executor.hpp>
#include <restful_functions/process/executor_options.hpp>
#include <restful_functions/process/hand_over.hpp>
#include <restful_functions/process/outcome.hpp>
#include <restful_functions/process/program.hpp>
#include <restful_functions/process/protocol.hpp>
#include <restful_functions/process/slot.hpp>

#include "property.hpp"
#include "simulated_processes.hpp"
#include "steps.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace fuzz {

namespace rf = restful_functions;
using namespace restful_functions::process;

/// Functions of each kind of isolation. None of them is ever run.
class functions final : public program {
 public:
    static constexpr std::size_t count = 3;

    [[nodiscard]] call_policy policy_of(std::uint32_t entry) const override {
        call_policy policy;
        policy.isolation =
            std::array{rf::isolation::process, rf::isolation::worker, rf::isolation::rewind}[entry];
        policy.worker_calls = 3;
        if (entry == 1) policy.limits.cpu = std::chrono::seconds(1);
        if (entry == 2) policy.limits.memory = rf::bytes{1 << 20};
        return policy;
    }
    void run(std::uint32_t, std::string_view, window&) override {}
};

inline constexpr executor_options options{
    .max_processes = 3, .warm_processes = 1, .max_payload = 300, .log_bytes = 100};

/// An executor whose processes do what the input says.
class simulated_calls {
 public:
    explicit simulated_calls(steps& from)
        : from_(from),
          system_(options),
          executor_(functions_, options,
                    {.ended = [this](call_id call, outcome&& how) { on_ended(call, how); },
                     .gone = [this](call_id call, departure&&) { on_gone(call); },
                     .news = [](call_id) {}},
                    system_) {}

    void step() {
        switch (from_.below(8)) {
            case 0:
            case 1:
                start();
                break;
            case 2:
                if (const auto call = any_call()) stop(*call);
                break;
            case 3:
                if (const auto call = any_call()) {
                    executor_.watch(*call);
                    if (const auto said = executor_.progress(*call))
                        require(said->fraction >= 0 && said->fraction <= 1,
                                "progress is a part of the whole");
                    static_cast<void>(executor_.log(*call));
                }
                break;
            case 4:
                leave_result();
                break;
            case 5:
                if (actor* one = any_actor()) end(*one);
                break;
            default:
                if (actor* one = any_actor()) {
                    const slot own = system_.slot(one->id.slot);
                    deeds_[label_of(own)].scribbled = true;
                    scribble(from_, own.memory(), slot::payload_offset + options.max_payload);
                    one->scribbles = true;
                    written_[one->id.slot] = 0;
                }
                system_.complete();
                break;
        }
        dispatch();
    }

    /// Every process ends now, and every call with it.
    void finish() {
        for (int rounds = 0; rounds < 20 && !calls_.empty(); ++rounds) {
            for (const auto& [call, known] : calls_)
                if (!known.has_ended) executor_.stop(call, std::chrono::milliseconds(0));
            dispatch();
            for (actor& one : actors_) end(one, SIGKILL);
            dispatch();
        }
        require(calls_.empty(), "every call ends when its process does");
    }

 private:
    struct actor {
        process_id id;
        bool lives = true;
        bool scribbles = false;  ///< what it writes, where and when, is nobody's
    };
    struct known_call {
        std::string label;
        bool has_ended = false;
    };
    /// What the processes have done to a call, by its label.
    struct known_deeds {
        bool scribbled = false;              ///< anything may come of it
        std::optional<outcome> result = {};  ///< what its process left for it
    };

    /// Of the call that lies in a slot.
    static std::string label_of(const slot& own) {
        const char(&label)[64] = own.header().label;
        return {label, ::strnlen(label, sizeof label)};
    }

    void start() {
        const auto entry = static_cast<std::uint32_t>(from_.below(functions::count));
        const std::string label = std::to_string(++labels_);
        const auto call = executor_.start(entry, from_.bytes(from_.below(100)), {label, "trace"});
        if (call) require(calls_.emplace(*call, known_call{label}).second, "a call has a new name");
    }

    void stop(call_id call) {
        const bool stopped = executor_.stop(call, std::chrono::milliseconds(from_.below(2) * 1000));
        require(stopped || calls_.at(call).has_ended || executor_.next_deadline(),
                "a call that cannot be stopped has ended");
    }

    std::optional<call_id> any_call() {
        if (calls_.empty()) return std::nullopt;
        return std::next(calls_.begin(), static_cast<long>(from_.below(calls_.size())))->first;
    }
    actor* any_actor() { return actors_.empty() ? nullptr : &actors_[from_.below(actors_.size())]; }

    /// A process that answers in good order, but for what it says of its result.
    void leave_result() {
        actor* one = any_actor();
        if (one == nullptr || !one->lives) return;
        const slot own = system_.slot(one->id.slot);
        slot_header& header = own.header();
        if (header.state.load() != slot_state::called) return;
        const std::string_view result = from_.bytes(from_.below(options.max_payload));
        std::memcpy(own.payload(), result.data(), result.size());
        header.output_size = result.size();
        header.type_size = from_.byte() / 16;
        header.result = static_cast<verdict>(from_.below(6));
        header.stays = static_cast<std::uint32_t>(from_.below(2));
        header.unlogged = static_cast<std::uint32_t>(from_.below(2));
        header.state.store(slot_state::done, std::memory_order_release);
        deeds_[label_of(own)].result = take_result(own, std::nullopt);
        system_.log(one->id.slot).append("printed\n");
        if (!one->scribbles)
            written_[one->id.slot] = std::max(written_[one->id.slot], result.size());
        system_.complete();
    }

    /// Before or after it has taken the call that lies in its slot.
    void end(actor& one) {
        const std::array statuses{0, 3 << 8, SIGKILL, SIGSEGV, SIGXCPU};
        const std::size_t how = from_.below(2 * statuses.size());
        auto state = slot_state::called;
        if (how >= statuses.size())
            system_.slot(one.id.slot)
                .header()
                .state.compare_exchange_strong(state, slot_state::running);
        end(one, statuses[how % statuses.size()]);
    }
    void end(actor& one, int status) {
        if (!std::exchange(one.lives, false)) return;
        system_.report({.what = report::kind::exited, .process = one.id, .value = status});
    }

    void dispatch() {
        for (int rounds = 0; rounds < 4; ++rounds) {
            play_fork_server();
            executor_.dispatch();
        }
        std::erase_if(actors_, [](const actor& one) { return !one.lives; });
        for (const actor& one : actors_) {
            const slot own = system_.slot(one.id.slot);
            if (own.header().state.load() == slot_state::parked) expect_clean(one.id.slot);
        }
    }

    void play_fork_server() {
        for (const command& next : system_.take_commands()) {
            switch (next.what) {
                case command::kind::spawn:
                    spawn(next.process);
                    break;
                case command::kind::kill:
                    for (actor& one : actors_)
                        if (one.id == next.process && next.signal == SIGKILL) end(one, SIGKILL);
                    break;
                case command::kind::carry_log:
                    system_.report({.what = report::kind::log_carried, .process = next.process});
                    break;
                case command::kind::answer:
                    system_.report({.what = report::kind::ready});
                    break;
            }
        }
    }

    void spawn(process_id id) {
        require(id.slot < options.max_processes, "a process has a slot");
        const slot own = system_.slot(id.slot);
        auto state = slot_state::vacant;
        own.header().state.compare_exchange_strong(state, slot_state::parked);
        actors_.push_back({id});
    }

    /// Nothing that somebody received in a call is in the slot of the next one.
    void expect_clean(std::uint32_t index) {
        const char* payload = system_.slot(index).payload();
        require(std::all_of(payload, payload + std::exchange(written_[index], 0),
                            [](char c) { return c == '\0'; }),
                "a slot has nothing of the call before");
    }
    void on_ended(call_id call, const outcome& how) {
        const auto known = calls_.find(call);
        require(known != calls_.end() && !known->second.has_ended, "a call ends once");
        known->second.has_ended = true;
        const known_deeds& done = deeds_[known->second.label];
        if (!done.scribbled) {
            const bool says_result = std::holds_alternative<returned>(how) ||
                                     std::holds_alternative<threw>(how) ||
                                     std::holds_alternative<result_too_large>(how) ||
                                     std::holds_alternative<out_of_memory>(how);
            require(says_result ? done.result && done.result->index() == how.index()
                                : !done.result || std::holds_alternative<lost>(*done.result),
                    "a call ends as its process has ended it", describe(how));
            const auto* bytes = std::get_if<returned>(&how);
            require(bytes == nullptr || bytes->bytes == std::get<returned>(*done.result).bytes,
                    "a result is the one that was left", describe(how));
        }
    }
    void on_gone(call_id call) {
        const auto known = calls_.find(call);
        require(known != calls_.end() && known->second.has_ended,
                "a call is gone once, after its end");
        calls_.erase(known);
    }

    steps& from_;
    functions functions_;
    simulated_processes system_;
    std::map<call_id, known_call> calls_;
    std::map<std::string, known_deeds> deeds_;
    int labels_ = 0;
    std::vector<actor> actors_;
    std::array<std::size_t, options.max_processes> written_{};
    executor executor_;
};

}  // namespace fuzz
