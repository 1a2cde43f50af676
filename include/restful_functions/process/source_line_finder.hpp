/// source_line_finder: has the lines of crashes looked up in a process like that of a call, and
/// remembers them.
#pragma once

#include <restful_functions/process/announcements.hpp>
#include <restful_functions/process/crash_frames.hpp>
#include <restful_functions/process/events.hpp>
#include <restful_functions/process/outcome.hpp>
#include <restful_functions/process/program.hpp>
#include <restful_functions/process/symbolizer.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

namespace restful_functions::process {

/// A program that has one more function, which finds lines.
class program_with_symbolizer final : public program {
 public:
    static constexpr std::uint32_t entry = std::numeric_limits<std::uint32_t>::max();

    explicit program_with_symbolizer(program& work) : work_(work) {}

    void warm_up(std::uint32_t wanted) noexcept override {
        if (wanted != entry) work_.warm_up(wanted);
    }

    [[nodiscard]] std::uint32_t functions() const override { return work_.functions(); }
    [[nodiscard]] std::string registration() const override { return work_.registration(); }
    [[nodiscard]] std::uint32_t number() const override { return work_.number(); }
    [[nodiscard]] bool has_hook() const override { return work_.has_hook(); }
    void on_process_start() override { work_.on_process_start(); }

    [[nodiscard]] call_policy policy_of(std::uint32_t wanted) const override {
        if (wanted != entry) return work_.policy_of(wanted);
        call_policy policy;
        policy.limits.memory = bytes{std::uint64_t{1} << 30};
        policy.limits.cpu = std::chrono::seconds(30);
        return policy;
    }

    /// In: a place a line. Out: for each of them its lines, `+` or `-` as in a frame, the function
    /// and behind a tab the line; and an empty line.
    void run(std::uint32_t wanted, std::string_view input, window& output) override {
        if (wanted != entry) return work_.run(wanted, input, output);
        const std::string given(input);  // the same memory as the output
        std::vector<std::string_view> places;
        for (std::string_view rest = given; !rest.empty();) {
            places.push_back(rest.substr(0, rest.find('\n')));
            rest.remove_prefix(std::min(places.back().size() + 1, rest.size()));
        }
        std::string text;
        for (const source_lines& lines : symbolize(places)) {
            for (const source_line& each : lines) {
                text.append(each.is_plumbing ? "-" : "+").append(each.function);
                text.append("\t").append(each.line).append("\n");
            }
            text.append("\n");
        }
        output.overflow = text.size() > output.capacity;
        output.size = output.overflow ? 0 : text.size();
        std::memcpy(output.data, text.data(), output.size);
    }

 private:
    program& work_;
};

/// Keeps the departures of crashes back until their lines are known: their calls end at once. One
/// lookup runs at a time, for all crashes that wait for one.
class source_line_finder {
 public:
    using clock = std::chrono::steady_clock;

    /// `start(input)` starts a call of the symbolizer; nullopt: there is no process for it, and the
    /// crashes that wait are told without lines.
    template <typename Start>
    void look(announcements& told, const Start& start) {
        told.visit_ends([this](call_id call, outcome& how) { return take_end(call, how); });
        told.visit_departures(
            [this](call_id call, departure& left) { return take_departure(call, left); });
        if (running_) return;
        tell(told);
        asking_.swap(waiting_);
        if (asking_.empty()) return;
        asked_.clear();
        for (const crash& each : asking_) asked_ += unknown_of(each);
        if (!asked_.empty()) running_ = start(asked_);
        if (running_) {
            give_up_at_ = clock::now() + patience;
        } else {
            tell(told);
        }
    }

    /// The call of the symbolizer.
    [[nodiscard]] std::optional<call_id> running() const noexcept { return running_; }
    /// When it is to be stopped.
    [[nodiscard]] std::optional<clock::time_point> give_up_at() const noexcept {
        return give_up_at_;
    }
    /// It is being stopped, for its time is over or its process is wanted for something else.
    void give_up() noexcept {
        is_interrupted_ = give_up_at_ && clock::now() < *give_up_at_;
        give_up_at_.reset();
    }

 private:
    static constexpr std::chrono::seconds patience{30};
    static constexpr std::size_t most_waiting = 16;
    static constexpr std::size_t most_known_bytes = std::size_t{4} << 20;

    struct crash {
        call_id call;
        std::string frames;
        departure left;
    };

    /// Whether it is not to be told.
    bool take_end(call_id call, outcome& how) {
        if (running_ == call) {
            learn(how);
            departing_ = std::exchange(running_, std::nullopt);
            give_up_at_.reset();
            return true;
        }
        auto* end = std::get_if<crashed>(&how);
        if (end != nullptr && end->backtrace.find('\t') != std::string::npos) {
            std::string frames = std::exchange(end->backtrace, {});
            end->backtrace = backtrace_text(frames);
            ended_.insert_or_assign(call, std::move(frames));
        }
        return false;
    }

    /// The same.
    bool take_departure(call_id call, departure& left) {
        if (departing_ == call) {
            departing_.reset();
            return true;
        }
        auto ended = ended_.extract(call);
        if (ended.empty() || waiting_.size() >= most_waiting) return false;
        waiting_.push_back({call, std::move(ended.mapped()), std::move(left)});
        return true;
    }

    /// Of the crashes that were asked for.
    void tell(announcements& told) {
        for (crash& each : asking_) {
            each.left.backtrace = backtrace_text(
                parse_frames(each.frames), [this](std::string_view place) { return find(place); });
            told.depart(each.call, std::move(each.left));
        }
        asking_.clear();
    }

    [[nodiscard]] const source_lines* find(std::string_view place) const {
        const auto found = known_.find(std::string(place));
        return found == known_.end() ? nullptr : &found->second;
    }

    [[nodiscard]] std::string unknown_of(const crash& its) const {
        std::string places;
        for (const crash_frame& frame : parse_frames(its.frames)) {
            if (!frame.place.empty() && find(frame.place) == nullptr)
                places.append(frame.place).append("\n");
        }
        return places;
    }

    /// Where nothing was found, or not in time, nothing is looked for again.
    void learn(const outcome& how) {
        const auto* result = std::get_if<returned>(&how);
        const bool is_interrupted = std::exchange(is_interrupted_, false);
        if (result == nullptr && (is_interrupted || std::holds_alternative<lost>(how))) return;
        std::string_view said = result != nullptr ? std::string_view(result->bytes) : "";
        known_bytes_ += asked_.size() + said.size();
        if (known_bytes_ > most_known_bytes) {
            known_.clear();
            known_bytes_ = asked_.size() + said.size();
        }
        const auto take_line = [](std::string_view& text) {
            const std::string_view line = text.substr(0, text.find('\n'));
            text.remove_prefix(std::min(line.size() + 1, text.size()));
            return line;
        };
        for (std::string_view rest = asked_; !rest.empty();) {
            source_lines& lines = known_[std::string(take_line(rest))];
            lines.clear();
            for (;;) {
                const std::string_view line = take_line(said);
                if (line.empty()) break;
                const std::size_t tab = std::min(line.find('\t'), line.size());
                lines.push_back({std::string(line.substr(1, tab - 1)),
                                 std::string(line.substr(std::min(tab + 1, line.size()))),
                                 line[0] == '-'});
            }
        }
    }

    std::unordered_map<call_id, std::string> ended_;  ///< frames, while their process is there
    std::vector<crash> waiting_;
    std::vector<crash> asking_;  ///< what the call of the symbolizer is for
    std::string asked_;
    std::optional<call_id> running_;
    std::optional<call_id> departing_;  ///< its call, when that has ended
    std::optional<clock::time_point> give_up_at_;
    bool is_interrupted_ = false;
    std::unordered_map<std::string, source_lines> known_;
    std::size_t known_bytes_ = 0;
};

}  // namespace restful_functions::process
