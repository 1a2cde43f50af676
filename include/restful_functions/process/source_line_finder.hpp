/// source_line_finder: has the lines of crashes looked up, one crash after the other, in processes
/// of calls, and remembers them.
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
#include <deque>
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

    [[nodiscard]] call_policy policy_of(std::uint32_t wanted) const override {
        if (wanted != entry) return work_.policy_of(wanted);
        call_policy policy;
        policy.limits.memory = bytes{std::uint64_t{1} << 30};
        policy.limits.cpu = std::chrono::seconds(5);
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

/// Takes crashes out of what is to be told: their calls end at once, and depart with the lines.
class source_line_finder {
 public:
    using clock = std::chrono::steady_clock;

    /// `start(input)` starts a call of the symbolizer; nullopt: there is no process for it.
    template <typename Start>
    void look(announcements& told, const Start& start) {
        told.visit_ends([this](call_id call, outcome& how) { return take_end(call, how); });
        told.visit_departures(
            [this](call_id call, departure& left) { return take_departure(call, left); });
        while (!waiting_.empty() && waiting_.front().left && !running_) {
            crash& first = waiting_.front();
            const std::string unknown = unknown_of(first);
            if (!unknown.empty()) {
                running_ = start(unknown);
                asked_ = unknown;
                if (running_) {
                    give_up_at_ = clock::now() + patience;
                    return;
                }
            }
            first.left->backtrace = backtrace_text(
                parse_frames(first.frames), [this](std::string_view place) { return find(place); });
            told.depart(first.call, std::move(*first.left));
            waiting_.pop_front();
        }
    }

    /// The call of the symbolizer, and when it is to be stopped.
    [[nodiscard]] std::optional<call_id> running() const noexcept { return running_; }
    [[nodiscard]] std::optional<clock::time_point> give_up_at() const noexcept {
        return running_ ? std::optional(give_up_at_) : std::nullopt;
    }

 private:
    static constexpr std::chrono::seconds patience{5};
    static constexpr std::size_t most_waiting = 64;
    static constexpr std::size_t most_known = 4096;

    struct crash {
        call_id call;
        std::string frames;
        std::optional<departure> left;
    };

    /// Whether it is not to be told.
    bool take_end(call_id call, outcome& how) {
        if (running_ == call) {
            learn(how);
            symbolizer_departs_ = std::exchange(running_, std::nullopt);
            return true;
        }
        auto* end = std::get_if<crashed>(&how);
        if (end != nullptr && !end->frames.empty()) {
            std::string frames = std::exchange(end->frames, {});
            if (waiting_.size() < most_waiting)
                waiting_.push_back({call, std::move(frames), std::nullopt});
        }
        return false;
    }

    bool take_departure(call_id call, departure& left) {
        if (symbolizer_departs_ == call) {
            symbolizer_departs_.reset();
            return true;
        }
        for (crash& each : waiting_) {
            if (each.call != call || each.left) continue;
            each.left = std::move(left);
            return true;
        }
        return false;
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

    /// Where nothing was found, nothing is looked for again.
    void learn(const outcome& how) {
        if (known_.size() > most_known) known_.clear();
        const auto* result = std::get_if<returned>(&how);
        std::string_view said = result != nullptr ? std::string_view(result->bytes) : "";
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

    std::deque<crash> waiting_;
    std::optional<call_id> running_;
    std::optional<call_id> symbolizer_departs_;
    clock::time_point give_up_at_{};
    std::string asked_;
    std::unordered_map<std::string, source_lines> known_;
};

}  // namespace restful_functions::process
