/// table: every task the server knows, in memory: by its UUID, by its function, and by its age.
#pragma once

#include <restful_functions/process/events.hpp>
#include <restful_functions/process/outcome.hpp>
#include <restful_functions/task/ending.hpp>
#include <restful_functions/task/finished_tasks.hpp>
#include <restful_functions/task/observer.hpp>
#include <restful_functions/task/record.hpp>
#include <restful_functions/task/retention.hpp>
#include <restful_functions/task/task_node.hpp>
#include <restful_functions/task/time.hpp>
#include <restful_functions/task/uuid.hpp>

#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

namespace restful_functions::task {

/// Of tasks, by their arrival.
enum class order { oldest_first, newest_first };

/// What the dispatcher asks of a place that keeps tasks. It decides nothing: it is told what
/// happened and when.
template <class T>
concept store = requires(T tasks, const T& known, const uuid& id, std::uint32_t function,
                         std::string_view owner, moment now, std::chrono::milliseconds waited,
                         std::size_t bytes) {
    tasks.insert(id, function, owner, now.wall);
    tasks.withdraw(id);
    tasks.run(id, now, waited);
    { tasks.finish(id, ending(), now) } -> std::same_as<const record&>;
    tasks.depart(id, process::departure());
    tasks.deliver(id, owner);
    tasks.expire(now.steady);
    { tasks.make_room(bytes) } -> std::same_as<bool>;
    { known.find(id) } -> std::same_as<const record*>;
    { known.next_expiry() } -> std::same_as<std::optional<time_point>>;
    known.visit(std::optional(function), std::optional(id), order::newest_first,
                [](const record&) { return true; });
};

/// The store in the server's own memory. Each operation but visit() costs the same for ten tasks
/// and for a million.
class table {
 public:
    /// The observer, where there is one, must outlive the table.
    explicit table(std::size_t functions, retention limits = {}, observer* watching = nullptr)
        : limits_(limits), watching_(watching), by_function_(functions) {}

    table(const table&) = delete;
    table& operator=(const table&) = delete;

    /// A task whose call has arrived from this caller; the owner is empty where callers are not
    /// told apart. The id must be new.
    void insert(const uuid& id, std::uint32_t function, std::string_view owner, wall_time now) {
        auto& share = finished_.share_of(owner);
        node& added = nodes_[id];
        finished_.enter(added, share);
        added.task.id = id;
        added.task.function = function;
        added.task.created = now;
        by_function_[function].push_back(added);
        all_.push_back(added);
        if (watching_ != nullptr) watching_->on_arrival(added.task);
    }

    /// A task, if it is here, that has not ended and is not to be.
    void withdraw(const uuid& id) noexcept {
        const auto found = nodes_.find(id);
        if (found != nodes_.end()) forget(found->second);
    }

    /// A queued task that starts to run now, so long after it arrived.
    void run(const uuid& id, const moment& now, std::chrono::milliseconds waited) {
        node& started = nodes_.find(id)->second;
        started.changed = now.steady;
        started.task.status = state::running;
        started.task.started = now.wall;
        started.task.queue_wait = waited;
        if (watching_ != nullptr) watching_->on_run(started.task);
    }

    /// A task that has its result now. It stays at least until the next call of expire().
    const record& finish(const uuid& id, ending&& end, const moment& now) {
        node& ended = nodes_.find(id)->second;
        ended.task.status = end.status;
        ended.task.how = end.how;
        ended.task.result = std::move(end.result);
        ended.task.particulars = std::move(end.particulars);
        ended.task.finished = now.wall;
        const auto ran_from = std::exchange(ended.changed, now.steady);
        finished_.add(ended);
        if (watching_ != nullptr) {
            watching_->on_end(ended.task, ended.task.started ? std::optional(now.steady - ran_from)
                                                             : std::nullopt);
        }
        return ended.task;
    }

    /// A finished task, unless it is forgotten already, whose process has been reaped: what it used
    /// and what it printed. It stays at least until the next call of expire().
    void depart(const uuid& id, process::departure&& left) {
        const auto found = nodes_.find(id);
        if (found == nodes_.end()) return;
        finished_.change(found->second, [&](record& task) {
            task.used = left.used;
            if (!left.backtrace.empty()) keep_backtrace(task, std::move(left.backtrace));
            if (log_bytes(left.log) != 0) keep_log(task, std::move(left.log));
        });
        if (watching_ != nullptr) watching_->on_departure(found->second.task);
    }

    /// A reader, named as an owner is, gets the result of a task, if it has ended and is here. Once
    /// its owner has got the result, it makes room before others do.
    void deliver(const uuid& id, std::string_view reader) noexcept {
        const auto found = nodes_.find(id);
        if (found != nodes_.end() && has_ended(found->second.task.status))
            finished_.deliver(found->second, reader);
    }

    /// Forgets finished tasks until the bounds hold, then those that are over their time. Of the
    /// latter a few at a time: while more are left next_expiry() is in the past, and no request
    /// waits for a million of them.
    void expire(time_point now) {
        while (finished_.count() > limits_.max_finished_tasks ||
               finished_.bytes() > limits_.max_finished_bytes) {
            forget_finished(finished_.least_wanted());
        }
        for (int batch = 0; batch < 256; ++batch) {
            const auto due = next_expiry();
            if (!due || *due > now) return;
            forget_finished(*finished_.oldest());
        }
    }

    /// Forgets finished tasks of so many bytes, or all. false: there was none.
    bool make_room(std::size_t bytes) {
        if (finished_.count() == 0) return false;
        for (std::size_t gone = 0; gone < bytes && finished_.count() > 0;) {
            node& next = finished_.least_wanted();
            gone += text_bytes(next.task) + sizeof(node);
            forget_finished(next);
        }
        return true;
    }

    /// nullptr when there never was such a task or it is forgotten. Valid until the next call of
    /// expire() or make_room().
    [[nodiscard]] const record* find(const uuid& id) const {
        const auto found = nodes_.find(id);
        return found == nodes_.end() ? nullptr : &found->second.task;
    }

    /// When expire() has work again.
    [[nodiscard]] std::optional<time_point> next_expiry() const noexcept {
        const node* const oldest = finished_.oldest();
        if (oldest == nullptr) return std::nullopt;
        return after(oldest->changed, limits_.result_ttl);
    }

    /// Calls `visit(const record&)` for each task of the function, or of all of them, until it
    /// returns false. Begins behind the task `after`, which must be among them, where there is one.
    template <class Visitor>
    void visit(std::optional<std::uint32_t> function, const std::optional<uuid>& after,
               order wanted, Visitor&& visit) const {
        cursor(*this, function, after, wanted).advance(visit);
    }

    [[nodiscard]] std::size_t size() const noexcept { return nodes_.size(); }

 private:
    using node = detail::task_node;

 public:
    /// A visit in pieces: between them tasks may arrive, and be forgotten. The table must outlive
    /// it.
    class cursor {
     public:
        /// As table::visit() begins.
        cursor(const table& tasks, std::optional<std::uint32_t> function,
               const std::optional<uuid>& after, order wanted)
            : tasks_(tasks),
              is_of_function_(function.has_value()),
              is_forward_(wanted == order::oldest_first) {
            if (after)
                next_ = behind(tasks.nodes_.find(*after)->second);
            else if (function)
                next_ = end_of(tasks.by_function_[*function]);
            else
                next_ = end_of(tasks.all_);
        }
        cursor(const cursor&) = delete;
        cursor& operator=(const cursor&) = delete;
        ~cursor() { leave(); }

        /// Calls `visit(const record&)` for the next tasks until it returns false, which leaves the
        /// task for the next time. Returns whether there are more.
        template <class Visitor>
        bool visit(Visitor&& visit) {
            leave();
            advance(visit);
            if (next_ != nullptr) tasks_.cursors_.emplace(next_, this);
            return next_ != nullptr;
        }

     private:
        friend table;

        template <class Visitor>
        void advance(Visitor& visit) {
            while (next_ != nullptr && visit(std::as_const(next_->task))) next_ = behind(*next_);
        }

        template <class List>
        [[nodiscard]] const node* end_of(const List& tasks) const noexcept {
            return is_forward_ ? tasks.first : tasks.last;
        }

        [[nodiscard]] const node* behind(const node& at) const noexcept {
            const detail::task_links& its = is_of_function_ ? at.function_links : at.arrival_links;
            return is_forward_ ? its.next : its.previous;
        }

        void leave() noexcept {
            const auto [begin, end] = tasks_.cursors_.equal_range(next_);
            const auto mine =
                std::find_if(begin, end, [this](const auto& each) { return each.second == this; });
            if (mine != end) tasks_.cursors_.erase(mine);
        }

        const table& tasks_;
        const node* next_ = nullptr;  // while it is among the table's cursors, which move it on
        bool is_of_function_;
        bool is_forward_;
    };

 private:
    static void keep_backtrace(record& task, std::string&& text) {
        auto* const end =
            task.particulars ? std::get_if<process::crashed>(&task.particulars->cause) : nullptr;
        if (end != nullptr) end->backtrace = std::move(text);  // else it was made to end
    }

    static void keep_log(record& task, process::log_excerpt&& log) {
        if (!task.particulars) task.particulars = std::make_unique<particulars>();
        task.particulars->log = std::move(log);
        task.particulars->log.text.shrink_to_fit();  // it may have been read into a larger buffer
    }

    void forget_finished(node& gone) {
        finished_.remove(gone);
        forget(gone);
    }

    // Without an allocation: the nodes of the map stay.
    void move_cursors_on(const node& gone) noexcept {
        while (true) {
            auto at = cursors_.extract(&gone);
            if (!at) return;
            cursor& moved = *at.mapped();
            moved.next_ = moved.behind(gone);
            at.key() = moved.next_;
            if (moved.next_ != nullptr) cursors_.insert(std::move(at));
        }
    }

    void forget(node& gone) {
        move_cursors_on(gone);
        by_function_[gone.task.function].remove(gone);
        all_.remove(gone);
        finished_.leave(gone);
        nodes_.erase(nodes_.find(gone.task.id));
    }

    retention limits_;
    observer* watching_;
    std::unordered_map<uuid, node> nodes_;  // node-based: the lists' pointers survive a rehash
    std::vector<detail::task_list<&node::function_links>> by_function_;
    detail::task_list<&node::arrival_links> all_;
    detail::finished_tasks finished_;
    mutable std::unordered_multimap<const node*, cursor*> cursors_;  // by the task that is next
};

static_assert(store<table>);

}  // namespace restful_functions::task
