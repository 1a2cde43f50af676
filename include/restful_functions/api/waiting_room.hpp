/// waiting_room: how many clients wait for the ends of tasks, and whose they are.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

namespace restful_functions::api {

/// Has places for so many, and for a part of them of each owner (http::request::owner), so that one
/// caller leaves room for others. Where callers are not told apart, the owner is empty and has all.
class waiting_room {
 public:
    static constexpr std::size_t most = 10'000;
    static constexpr std::size_t most_of_an_owner = most / 4;

    /// A client's place, until it is let go.
    class place {
     public:
        place(waiting_room& in, std::string owner) : in_(in), owner_(std::move(owner)) {
            ++in_.by_owner_[owner_];
            ++in_.taken_;
        }
        place(const place&) = delete;
        place& operator=(const place&) = delete;
        ~place() {
            --in_.taken_;
            const auto mine = in_.by_owner_.find(owner_);
            if (--mine->second == 0) in_.by_owner_.erase(mine);
        }

     private:
        waiting_room& in_;
        std::string owner_;
    };

    waiting_room() = default;
    waiting_room(const waiting_room&) = delete;
    waiting_room& operator=(const waiting_room&) = delete;

    /// nullptr: there is none for this owner. The room must outlive it.
    [[nodiscard]] std::shared_ptr<const place> enter(const std::string& owner) {
        const auto its = by_owner_.find(owner);
        const std::size_t here = its == by_owner_.end() ? 0 : its->second;
        if (taken_ >= most || (!owner.empty() && here >= most_of_an_owner)) return nullptr;
        return std::make_shared<const place>(*this, owner);
    }

 private:
    std::size_t taken_ = 0;
    std::unordered_map<std::string, std::size_t> by_owner_;  // none is 0
};

}  // namespace restful_functions::api
