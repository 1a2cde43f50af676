/// finished_tasks: the tasks whose results are kept, and which of them makes room for others.
#pragma once

#include <restful_functions/task/record.hpp>
#include <restful_functions/task/task_node.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace restful_functions::task::detail {

/// The tasks of one caller.
struct owner_share {
    const std::string* owner = nullptr;
    std::size_t tasks = 0;  ///< that are known, finished or not
    std::size_t bytes = 0;  ///< of the finished ones
    task_list<&task_node::share_links> undelivered{};
    task_list<&task_node::share_links> delivered{};
};

/// Each operation costs the same for ten tasks and for a million, and little more with many
/// callers. Only share_of() allocates memory.
class finished_tasks {
 public:
    /// The share of a caller, which is there until as many tasks have left as have entered.
    owner_share& share_of(std::string_view owner) {
        auto its = shares_.find(owner);
        if (its == shares_.end()) its = shares_.emplace(owner, owner_share()).first;
        its->second.owner = &its->first;
        by_bytes_.insert(&its->second);
        return its->second;
    }

    /// A task is known, and is not finished.
    static void enter(task_node& added, owner_share& its) noexcept {
        added.share = &its;
        ++its.tasks;
    }

    /// It has finished.
    void add(task_node& finished) noexcept {
        by_end_.push_back(finished);
        finished.share->undelivered.push_back(finished);
        ++count_;
        weigh(*finished.share, sizeof(task_node));
        add_text(finished);
    }

    /// Changes the texts of a finished task.
    template <class Change>
    void change(task_node& finished, Change change) {
        drop_text(finished);
        try {
            change(finished.task);
        } catch (...) {
            add_text(finished);
            throw;
        }
        add_text(finished);
    }

    /// Somebody gets the result of a finished task.
    static void deliver(task_node& finished, std::string_view reader) noexcept {
        if (reader != *finished.share->owner || std::exchange(finished.is_delivered, true)) return;
        finished.share->undelivered.remove(finished);
        finished.share->delivered.push_back(finished);
    }

    /// A finished task goes; then leave() is to be called.
    void remove(task_node& gone) noexcept {
        by_end_.remove(gone);
        auto& its = *gone.share;
        (gone.is_delivered ? its.delivered : its.undelivered).remove(gone);
        --count_;
        weigh(its, 0 - sizeof(task_node));
        drop_text(gone);
    }

    /// A task is forgotten, finished or not.
    void leave(task_node& gone) noexcept {
        owner_share& its = *gone.share;
        if (--its.tasks > 0) return;
        by_bytes_.erase(&its);
        shares_.erase(shares_.find(*its.owner));
    }

    /// The one that finished first. nullptr: there is none.
    [[nodiscard]] task_node* oldest() const noexcept { return by_end_.first; }

    /// Of the caller with the most bytes the one whose result was delivered first, or else the one
    /// that finished first. There has to be one.
    [[nodiscard]] task_node& least_wanted() const noexcept {
        const owner_share& most = **by_bytes_.rbegin();
        return *(most.delivered.first != nullptr ? most.delivered : most.undelivered).first;
    }

    [[nodiscard]] std::size_t count() const noexcept { return count_; }

    /// Of their texts.
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

 private:
    struct has_fewer_bytes {
        bool operator()(const owner_share* left, const owner_share* right) const noexcept {
            return std::pair(left->bytes, left) < std::pair(right->bytes, right);
        }
    };

    void add_text(task_node& its) noexcept {
        const std::size_t size = text_bytes(its.task);
        bytes_ += size;
        weigh(*its.share, size);
    }

    void drop_text(task_node& its) noexcept {
        const std::size_t size = text_bytes(its.task);
        bytes_ -= size;
        weigh(*its.share, 0 - size);
    }

    /// Adds to a share, modulo 2 to the power of 64.
    void weigh(owner_share& its, std::size_t more) noexcept {
        auto place = by_bytes_.extract(&its);
        its.bytes += more;
        by_bytes_.insert(std::move(place));
    }

    std::map<std::string, owner_share, std::less<>> shares_;  // node-based: nodes point at them
    std::set<owner_share*, has_fewer_bytes> by_bytes_;
    task_list<&task_node::end_links> by_end_;
    std::size_t count_ = 0;
    std::size_t bytes_ = 0;
};

}  // namespace restful_functions::task::detail
