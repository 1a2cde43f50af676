/// task_feed: what becomes of all tasks, told to many readers.
#pragma once

#include <restful_functions/api/body.hpp>
#include <restful_functions/api/deadlines.hpp>
#include <restful_functions/api/fan_out.hpp>
#include <restful_functions/api/json_task.hpp>
#include <restful_functions/api/task_story.hpp>
#include <restful_functions/function/registry.hpp>
#include <restful_functions/http/body_stream.hpp>
#include <restful_functions/http/server_sent_event.hpp>
#include <restful_functions/process/hand_over.hpp>
#include <restful_functions/task/record.hpp>
#include <restful_functions/task/table.hpp>
#include <restful_functions/task/time.hpp>
#include <restful_functions/task/uuid.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <unordered_map>
#include <utility>

namespace restful_functions::api {

/// Events have the task without its result: whoever wants that asks for it. The last 4096 changes
/// are remembered by the task's id, for readers who come back.
class task_feed {
 public:
    /// All of them must outlive it.
    task_feed(const registry& functions, const task::table& tasks, deadlines& timers)
        : functions_(functions),
          tasks_(tasks),
          boot_(std::to_string(task::clock::now().wall.time_since_epoch().count())),
          readers_(timers, std::string(farewell())) {}

    [[nodiscard]] bool has_readers() const noexcept { return !readers_.empty(); }

    /// A new reader, who has heard everything up to an event, if it was one of this server's and is
    /// not too long ago; otherwise it is told to begin anew.
    void add(const std::shared_ptr<http::body_stream>& reader, const std::string* last_event_id) {
        if (has_ended_) return dismiss(*reader);
        readers_.add(reader);
        if (last_event_id == nullptr) {
            reader->write(http::server_sent_event(id(last_), "welcome", "{}"));
            return;
        }
        const auto heard = number_of(*last_event_id);
        if (!heard) {
            reader->write(http::server_sent_event(id(last_), "reset", "{}"));
            return;
        }
        tell_missed(*reader, *heard);
    }

    /// The task has its status since now.
    void tell(const task::record& task) {
        ++last_;
        changes_.push_back(task.id);
        if (changes_.size() > most_remembered) changes_.pop_front();
        if (!readers_.empty()) readers_.say(event_of(task, last_));
    }

    void tell_progress(const task::uuid& id, const process::progress_report& report) {
        readers_.say(http::server_sent_event("", "progress",
                                             json_text::object()
                                                 .add("task_id", quoted(id.to_string()))
                                                 .add("progress", detail::json_progress(report))
                                                 .end())
                         .text());
    }

    void keep_alive() { readers_.say(http::event_comment); }

    /// From now on no reader hears anything, but that the server is about to end.
    void end() {
        has_ended_ = true;
        readers_.end(draining());
    }

 private:
    static constexpr std::size_t most_remembered = 4096;

    [[nodiscard]] static std::string draining() {
        return http::server_sent_event("", "draining", "{}").text();
    }

    static void dismiss(http::body_stream& reader) {
        reader.write(draining());
        reader.end();
    }

    /// Each task once, as it is now, in the place of its last change: whoever loses this
    /// connection, too, has heard what comes before the last event that it got, and nothing of what
    /// comes after. All in one piece, however large: pieces of it could be more than may wait for a
    /// reader, who would be dropped, come back and be dropped again.
    void tell_missed(http::body_stream& reader, std::uint64_t heard) const {
        const auto missed = changes_.end() - static_cast<std::ptrdiff_t>(last_ - heard);
        std::unordered_map<task::uuid, std::uint64_t> last_changes;
        std::uint64_t number = heard;
        for (auto change = missed; change != changes_.end(); ++change) {
            last_changes[*change] = ++number;
        }
        std::string events;
        number = heard;
        for (auto change = missed; change != changes_.end(); ++change) {
            ++number;
            const task::record* task = tasks_.find(*change);
            if (task != nullptr && last_changes[*change] == number)
                events += event_of(*task, number);
        }
        if (!events.empty()) reader.write(events);
    }

    [[nodiscard]] std::string id(std::uint64_t change) const {
        return boot_ + "-" + std::to_string(change);
    }

    /// nullopt: another server's, or forgotten.
    [[nodiscard]] std::optional<std::uint64_t> number_of(std::string_view event_id) const noexcept {
        const std::size_t dash = event_id.find('-');
        if (dash == event_id.npos || event_id.substr(0, dash) != boot_) return std::nullopt;
        std::uint64_t number = 0;
        const char* end = event_id.data() + event_id.size();
        const auto read = std::from_chars(event_id.data() + dash + 1, end, number);
        if (read.ec != std::errc() || read.ptr != end || number > last_ ||
            last_ - number > changes_.size()) {
            return std::nullopt;
        }
        return number;
    }

    [[nodiscard]] std::string event_of(const task::record& task, std::uint64_t change) const {
        return http::server_sent_event(id(change), event_name(task.status),
                                       json_brief_task(functions_, task))
            .text();
    }

    const registry& functions_;
    const task::table& tasks_;
    std::string boot_;
    bool has_ended_ = false;
    std::uint64_t last_ = 0;
    std::deque<task::uuid> changes_;  // the last ones, up to the number `last_`
    fan_out readers_;
};

}  // namespace restful_functions::api
