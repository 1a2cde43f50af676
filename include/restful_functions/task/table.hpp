/// table: every task the server knows, in memory: by its UUID, by its function, and by its age.
#pragma once

#include <restful_functions/process/events.hpp>
#include <restful_functions/process/outcome.hpp>
#include <restful_functions/task/ending.hpp>
#include <restful_functions/task/observer.hpp>
#include <restful_functions/task/record.hpp>
#include <restful_functions/task/retention.hpp>
#include <restful_functions/task/time.hpp>
#include <restful_functions/task/uuid.hpp>

#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
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
                         moment now, std::chrono::milliseconds waited) {
    tasks.insert(id, function, now.wall);
    tasks.withdraw(id);
    tasks.run(id, now, waited);
    { tasks.finish(id, ending(), now) } -> std::same_as<const record&>;
    tasks.depart(id, process::departure());
    tasks.expire(now.steady);
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

    /// A task whose call has arrived. The id must be new.
    void insert(const uuid& id, std::uint32_t function, wall_time now) {
        node& added = nodes_[id];
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
        finished_.push_back(ended);
        ++finished_tasks_;
        finished_bytes_ += text_bytes(ended.task);
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
        record& task = found->second.task;
        task.used = left.used;
        if (!left.backtrace.empty()) keep_backtrace(task, std::move(left.backtrace));
        if (log_bytes(left.log) != 0) keep_log(task, std::move(left.log));
        if (watching_ != nullptr) watching_->on_departure(task);
    }

    /// Forgets finished tasks until the bounds hold, then those that are over their time. Of the
    /// latter a few at a time: while more are left next_expiry() is in the past, and no request
    /// waits for a million of them.
    void expire(time_point now) {
        while (finished_tasks_ > limits_.max_finished_tasks ||
               finished_bytes_ > limits_.max_finished_bytes) {
            forget_oldest();
        }
        for (int batch = 0; batch < 256; ++batch) {
            const auto due = next_expiry();
            if (!due || *due > now) return;
            forget_oldest();
        }
    }

    /// nullptr when there never was such a task or it is forgotten. Valid until the next call of
    /// expire().
    [[nodiscard]] const record* find(const uuid& id) const {
        const auto found = nodes_.find(id);
        return found == nodes_.end() ? nullptr : &found->second.task;
    }

    /// When expire() has work again.
    [[nodiscard]] std::optional<time_point> next_expiry() const noexcept {
        if (finished_.first == nullptr) return std::nullopt;
        return after(finished_.first->changed, limits_.result_ttl);
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
    struct node;

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
            const links& its = is_of_function_ ? at.function_links : at.arrival_links;
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
    struct links {
        node* previous = nullptr;
        node* next = nullptr;
    };

    struct node {
        record task;
        time_point changed{};  ///< when it started to run; once it has finished, when it did
        links arrival_links;   // in the order of their arrival
        links function_links;  // the same, of their function
        links finished_links;  // in the order of their end
    };

    // A list through one pair of links of nodes that somebody else owns.
    template <links node::*Links>
    struct list {
        node* first = nullptr;
        node* last = nullptr;

        void push_back(node& added) noexcept {
            (added.*Links).previous = last;
            (last == nullptr ? first : (last->*Links).next) = &added;
            last = &added;
        }

        void remove(node& gone) noexcept {
            const auto [previous, next] = gone.*Links;
            (previous == nullptr ? first : (previous->*Links).next) = next;
            (next == nullptr ? last : (next->*Links).previous) = previous;
        }
    };

    void keep_backtrace(record& task, std::string&& text) {
        auto* const end =
            task.particulars ? std::get_if<process::crashed>(&task.particulars->cause) : nullptr;
        if (end == nullptr) return;  // it was made to end
        finished_bytes_ = finished_bytes_ - end->backtrace.size() + text.size();
        end->backtrace = std::move(text);
    }

    void keep_log(record& task, process::log_excerpt&& log) {
        if (!task.particulars) task.particulars = std::make_unique<particulars>();
        task.particulars->log = std::move(log);
        task.particulars->log.text.shrink_to_fit();  // it may have been read into a larger buffer
        finished_bytes_ += task.particulars->log.text.size();
    }

    void forget_oldest() {
        node& oldest = *finished_.first;
        --finished_tasks_;
        finished_bytes_ -= text_bytes(oldest.task);
        finished_.remove(oldest);
        forget(oldest);
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
        nodes_.erase(nodes_.find(gone.task.id));
    }

    retention limits_;
    observer* watching_;
    std::unordered_map<uuid, node> nodes_;  // node-based: the lists' pointers survive a rehash
    std::vector<list<&node::function_links>> by_function_;
    list<&node::arrival_links> all_;
    list<&node::finished_links> finished_;
    std::size_t finished_tasks_ = 0;
    std::size_t finished_bytes_ = 0;
    mutable std::unordered_multimap<const node*, cursor*> cursors_;  // by the task that is next
};

static_assert(store<table>);

}  // namespace restful_functions::task
