/// task_events: tells readers of streams what becomes of tasks.
#pragma once

#include <restful_functions/api/deadlines.hpp>
#include <restful_functions/api/dispatcher.hpp>
#include <restful_functions/api/task_feed.hpp>
#include <restful_functions/api/task_story.hpp>
#include <restful_functions/function/registry.hpp>
#include <restful_functions/http/body_stream.hpp>
#include <restful_functions/process/hand_over.hpp>
#include <restful_functions/task/record.hpp>
#include <restful_functions/task/table.hpp>
#include <restful_functions/task/uuid.hpp>

#include <chrono>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace restful_functions::api {

/// Without readers it costs next to nothing: processes are watched only while somebody follows. The
/// readers of one task hear of it here; `feed` is for those of all.
class task_events {
 public:
    /// All of them must outlive it.
    task_events(const registry& functions, const task::table& tasks, dispatcher& calls,
                deadlines& timers)
        : functions_(functions),
          tasks_(tasks),
          calls_(calls),
          timers_(timers),
          feed_(functions, tasks, timers) {
        calls_.hear_news([this](const task::uuid& id) { on_news(id); });
    }
    task_events(const task_events&) = delete;
    task_events& operator=(const task_events&) = delete;

    /// Tells the story of a task from a place on, until it has ended.
    void follow(const task::record& task, story_place from,
                const std::shared_ptr<http::body_stream>& reader) {
        task_story story(reader, from);
        if (!story.tell(functions_, task, calls_, is_over(task))) return;
        followed_[task.id].stories.push_back(std::move(story));
        watch(task.id);
        keep_alive_later();
    }

    /// Tells of all tasks.
    void follow_all(const std::shared_ptr<http::body_stream>& reader,
                    const std::string* last_event_id) {
        const bool is_first = !feed_.has_readers();
        feed_.add(reader, last_event_id);
        if (is_first) {
            calls_.watch_all();
            for (auto& [id, its] : followed_) tell_news(id, its);
        }
        keep_alive_later();
    }

    // What becomes of a task, as the store tells it.

    void on_change(const task::record& task) {
        feed_.tell(task);
        const bool has_readers = feed_.has_readers() || followed_.contains(task.id);
        if (task.status == task::state::running && has_readers) watch(task.id);
        // A process that is gone is told of later, and a task that never had one is over now.
        if (!has_ended(task.status) || !task.started) tell(task, is_over(task));
    }
    void on_departure(const task::record& task) { tell(task, true); }

    /// Ends the streams of all tasks: those of single ones end with their tasks.
    void drain() { feed_.end(); }

 private:
    /// News of one task are told so often at the most; what comes in between is told together.
    static constexpr std::chrono::milliseconds news_interval{50};
    /// Behind most proxies half a minute of silence is taken for the end.
    static constexpr std::chrono::seconds comment_interval{15};

    struct followed {
        std::vector<task_story> stories;
        std::optional<process::progress_report> told_to_all;
        bool waits = false;  ///< news are to be told when the interval is over
    };

    [[nodiscard]] static bool is_over(const task::record& task) noexcept {
        return has_ended(task.status) && (task.used || !task.started);
    }

    void tell(const task::record& task, bool over) {
        const auto found = followed_.find(task.id);
        if (found == followed_.end()) return;
        std::erase_if(found->second.stories,
                      [&](task_story& story) { return !goes_on(story, task, over); });
        if (over) followed_.erase(found);
    }

    /// Tells what is new. Who cannot be told for want of memory is let go, and hears it on coming
    /// back.
    bool goes_on(task_story& story, const task::record& task, bool over) {
        try {
            return story.tell(functions_, task, calls_, over);
        } catch (const std::bad_alloc&) {
            story.break_off();
            return false;
        }
    }

    void on_news(const task::uuid& id) {
        followed& its = followed_[id];
        if (its.waits) return;
        timers_.set(deadlines::clock::now() + news_interval, [this, id] { watch_again(id); });
        its.waits = true;
        tell_news(id, its);
    }

    void watch_again(const task::uuid& id) {
        const auto found = followed_.find(id);
        if (found == followed_.end()) return;
        found->second.waits = false;
        if (found->second.stories.empty() && !feed_.has_readers()) {
            followed_.erase(found);
            return;
        }
        watch(id);
    }

    /// From here on the process tells of its news again; those that it has told, or kept to itself,
    /// are told now.
    void watch(const task::uuid& id) {
        calls_.watch(id);
        tell_news(id, followed_[id]);
    }

    void tell_news(const task::uuid& id, followed& its) {
        const task::record* task = tasks_.find(id);
        if (task == nullptr) return;
        std::erase_if(its.stories,
                      [&](task_story& story) { return !goes_on(story, *task, false); });
        if (!feed_.has_readers()) return;
        const auto now = calls_.progress(id);
        const auto& before = its.told_to_all;
        if (!now ||
            (before && before->fraction == now->fraction && before->message == now->message))
            return;
        its.told_to_all = now;
        feed_.tell_progress(id, *now);
    }

    void keep_alive_later() {
        if (keeps_alive_) return;
        timers_.set(deadlines::clock::now() + comment_interval, [this] { keep_alive(); });
        keeps_alive_ = true;
    }

    void keep_alive() {
        keeps_alive_ = false;
        feed_.keep_alive();
        bool has_stories = false;
        for (auto each = followed_.begin(); each != followed_.end();) {
            auto& stories = each->second.stories;
            const bool is_forgotten = tasks_.find(each->first) == nullptr;
            std::erase_if(stories, [is_forgotten](task_story& story) {
                if (is_forgotten) story.break_off();
                return !story.keep_alive();
            });
            has_stories = has_stories || !stories.empty();
            const bool is_idle = stories.empty() && !each->second.waits;
            each = is_idle ? followed_.erase(each) : std::next(each);
        }
        if (has_stories || feed_.has_readers()) keep_alive_later();
    }

    const registry& functions_;
    const task::table& tasks_;
    dispatcher& calls_;
    deadlines& timers_;
    task_feed feed_;
    std::unordered_map<task::uuid, followed> followed_;
    bool keeps_alive_ = false;
};

}  // namespace restful_functions::api
