/// activity: what connections are doing, and which of them gives way to another client.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <utility>
#include <vector>

namespace restful_functions::transport::detail {

/// What a connection is doing, in the order in which connections give way to other clients.
enum class activity : std::uint8_t {
    asking,     ///< No request has come, or the head of a later one is coming.
    idle,       ///< All its requests are answered.
    abandoned,  ///< A request waits for its answer, and the client may have gone.
    engaged     ///< A request is under way: it does not give way.
};

/// The owner of connections: one list for each activity, in the order in which they began it.
/// Moving a member and finding the one that gives way take constant time and no memory.
template <class Member>
class activity_lists {
    using clock = std::chrono::steady_clock;

    struct entry {
        std::shared_ptr<Member> member;
        activity doing;
        clock::time_point since;
    };
    using list = std::list<entry>;

 public:
    using position = typename list::iterator;

    /// Adds a member, which begins to ask. The position is valid until the member is removed.
    position add(std::shared_ptr<Member> added) {
        list& asking = of(activity::asking);
        return asking.insert(asking.end(), {std::move(added), activity::asking, clock::now()});
    }

    void remove(position which) noexcept { of(which->doing).erase(which); }

    /// Notes what a member is doing now. One that goes on as before keeps its turn.
    void note(position which, activity now) noexcept {
        const activity before = std::exchange(which->doing, now);
        if (before == now) return;
        which->since = clock::now();
        of(now).splice(of(now).end(), of(before), which);
    }

    /// Takes a member of others among these. Its position stays valid; whoever does the same here
    /// has its turn before it.
    void take(activity_lists& others, position which) noexcept {
        list& same = of(which->doing);
        same.splice(same.end(), others.of(which->doing), which);
    }

    /// Notes that a member begins anew with what it does: it loses its turn.
    void renew(position which) noexcept {
        which->since = clock::now();
        list& same = of(which->doing);
        same.splice(same.end(), same, which);
    }

    /// The member that has been doing that for longest; nullptr: none does.
    [[nodiscard]] std::shared_ptr<Member> first(activity doing) const {
        const list& those = lists_[index_of(doing)];
        return those.empty() ? nullptr : those.front().member;
    }

    /// The member that gives way to another client: the first that has been asking for `spared`, or
    /// else been idle for as long, or else is abandoned. nullptr: none does.
    [[nodiscard]] std::shared_ptr<Member> first_to_go(std::chrono::milliseconds spared) const {
        const auto now = clock::now();
        for (const activity doing : {activity::asking, activity::idle, activity::abandoned}) {
            const list& those = lists_[index_of(doing)];
            if (those.empty()) continue;
            if (doing == activity::abandoned || now - those.front().since >= spared)
                return those.front().member;
        }
        return nullptr;
    }

    [[nodiscard]] std::size_t size() const noexcept {
        std::size_t all = 0;
        for (const list& those : lists_) all += those.size();
        return all;
    }

    template <class Predicate>
    [[nodiscard]] bool any_of(Predicate holds) const {
        return std::any_of(lists_.begin(), lists_.end(), [&](const list& those) {
            return std::any_of(those.begin(), those.end(),
                               [&](const entry& each) { return holds(*each.member); });
        });
    }

    template <class Predicate>
    [[nodiscard]] std::size_t count_if(Predicate holds) const {
        std::size_t found = 0;
        for (const list& those : lists_)
            for (const entry& each : those) found += holds(*each.member) ? 1 : 0;
        return found;
    }

    [[nodiscard]] std::vector<std::shared_ptr<Member>> members() const {
        std::vector<std::shared_ptr<Member>> all;
        for (const list& those : lists_)
            for (const entry& each : those) all.push_back(each.member);
        return all;
    }

 private:
    static constexpr std::size_t index_of(activity which) noexcept {
        return static_cast<std::size_t>(which);
    }

    list& of(activity which) noexcept { return lists_[index_of(which)]; }

    std::array<list, index_of(activity::engaged) + 1> lists_;
};

}  // namespace restful_functions::transport::detail
