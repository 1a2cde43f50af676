/// task_story: one task told to one reader, event by event, from where the reader was.
#pragma once

#include <restful_functions/api/body.hpp>
#include <restful_functions/api/dispatcher.hpp>
#include <restful_functions/api/json_task.hpp>
#include <restful_functions/api/standing.hpp>
#include <restful_functions/detail/utf8_parts.hpp>
#include <restful_functions/function/registry.hpp>
#include <restful_functions/http/body_stream.hpp>
#include <restful_functions/http/pieced_text.hpp>
#include <restful_functions/http/server_sent_event.hpp>
#include <restful_functions/process/events.hpp>
#include <restful_functions/process/hand_over.hpp>
#include <restful_functions/task/record.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace restful_functions::api {

/// The name of the event that a task came to its status with.
[[nodiscard]] constexpr std::string_view event_name(task::state status) noexcept {
    switch (status) {
        case task::state::queued:
            return "queued";
        case task::state::running:
            return "started";
        case task::state::done:
            return "completed";
        case task::state::failed:
        case task::state::timeout:
            return "failed";
    }
    return "";
}

/// The last words to a reader who does not keep up.
[[nodiscard]] inline const std::string& farewell() {
    static const std::string event =
        http::server_sent_event("", "dropped",
                                R"({"reason": "the reader did not keep up; connect again"})")
            .text();
    return event;
}

/// How far a reader knows a task. The id of each event says it, so that a reader who comes back
/// with Last-Event-ID hears what it missed: "1-2048" has seen the start, and 2048 bytes of log.
struct story_place {
    int stage = 0;  ///< 0: nothing, 1: queued, 2: started, 3: the end
    std::uint64_t log = 0;

    /// Whether nothing comes after it.
    [[nodiscard]] bool is_end() const noexcept { return stage == 3; }

    [[nodiscard]] std::string id() const {
        return std::to_string(stage) + "-" + std::to_string(log);
    }

    /// The place that an id says; the beginning when it is none.
    [[nodiscard]] static story_place parse(std::string_view id) noexcept {
        story_place place;
        if (id.size() < 3 || id[0] < '0' || id[0] > '3' || id[1] != '-') return {};
        place.stage = id[0] - '0';
        const char* end = id.data() + id.size();
        const auto read = std::from_chars(id.data() + 2, end, place.log);
        return read.ec == std::errc() && read.ptr == end ? place : story_place();
    }
};

/// Writes what a reader does not know yet.
class task_story {
 public:
    task_story(std::shared_ptr<http::body_stream> out, story_place from)
        : out_(std::move(out)), place_(from) {}

    /// `is_over`: its process is gone, if it had one, so that its log is complete. false: there is
    /// no reader any more, or no more to tell.
    bool tell(const registry& functions, const task::record& task, const dispatcher& calls,
              bool is_over) {
        const auto now = standing_of(task, calls);
        if (place_.stage < 1 && !task.started && !has_ended(task.status)) {
            place_.stage = 1;
            write("queued", json_task(functions, task, now, root));
        }
        if (place_.stage < 2 && task.started) {
            place_.stage = 2;
            if (!has_ended(task.status)) write("started", json_task(functions, task, now, root));
        }
        tell_progress(now.progress);
        tell_log(task.particulars && task.used ? task.particulars->log : calls.log(task.id),
                 is_over);
        if (!has_ended(task.status) || !is_over) return out_->is_open();
        place_.stage = 3;
        write(event_name(task.status), json_task(functions, task, now, root));
        out_->end();
        return false;
    }

    /// false: there is no reader any more.
    [[nodiscard]] bool keep_alive() { return out_->write(http::event_comment, farewell()); }

    /// Ends the story before its end.
    void break_off() { out_->end(); }

 private:
    static constexpr std::string_view root = "../../";  // seen from /task/events/{task_id}

    // So that one event is never much larger than what may wait for the reader.
    static constexpr std::size_t most_text = 64 * 1024;

    void write(std::string_view type, http::pieced_text data) {
        out_->write(http::server_sent_event(place_.id(), type, std::move(data)), farewell());
    }

    void tell_progress(const std::optional<process::progress_report>& now) {
        if (!now || (told_ && told_->fraction == now->fraction && told_->message == now->message))
            return;
        told_ = now;
        write("progress", detail::json_progress(*now));
    }

    /// A character whose rest is yet to come is told with it.
    void tell_log(const process::log_excerpt& log, bool is_complete) {
        using restful_functions::detail::left_over_bytes;
        using restful_functions::detail::unfinished_bytes;
        std::string_view rest = log.text;
        std::uint64_t offset = log.offset;
        const std::uint64_t known = std::clamp(place_.log, offset, offset + rest.size());
        rest.remove_prefix(static_cast<std::size_t>(known - offset));
        offset = known;
        if (offset > place_.log) {
            // What is not kept any more may have ended within a character.
            offset += left_over_bytes(rest);
            rest.remove_prefix(left_over_bytes(rest));
        }
        while (!rest.empty()) {
            std::string_view text = rest.substr(0, most_text);
            if (!is_complete || text.size() < rest.size())
                text.remove_suffix(unfinished_bytes(text));
            if (text.empty()) break;
            rest.remove_prefix(text.size());
            place_.log = offset + text.size();
            write("log", json_text::object()
                             .add("offset", std::to_string(offset))
                             .add("text", quoted(text))
                             .end());
            offset = place_.log;
        }
    }

    std::shared_ptr<http::body_stream> out_;
    story_place place_;
    std::optional<process::progress_report> told_;
};

}  // namespace restful_functions::api
