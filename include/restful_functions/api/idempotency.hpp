/// idempotency: the keys with which clients make sure that a call which they send again runs once.
#pragma once

#include <restful_functions/http/characters.hpp>
#include <restful_functions/task/uuid.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace restful_functions::api {

/// For how long and how many keys are kept.
struct idempotency_limits {
    std::chrono::milliseconds ttl = std::chrono::hours(24);
    std::size_t max_keys = 100'000;
};

/// Reads the value of Idempotency-Key (draft-ietf-httpapi-idempotency-key-header-07): a string of
/// structured fields, `"8e03978e-40d5"`; without the quotes, which many clients leave out, too.
/// nullopt: it is empty, has more than 255 bytes, or a character that is not visible ASCII.
[[nodiscard]] inline std::optional<std::string> parse_idempotency_key(std::string_view field) {
    if (field.size() >= 2 && field.front() == '"' && field.back() == '"')
        field = field.substr(1, field.size() - 2);
    if (field.empty() || field.size() > 255) return std::nullopt;
    for (const char c : field) {
        if (c <= 0x20 || c > 0x7E || c == '"' || c == '\\') return std::nullopt;
    }
    return std::string(field);
}

/// Remembers which task each key of a caller has started.
class idempotency_keys {
 public:
    using clock = std::chrono::steady_clock;

    explicit idempotency_keys(idempotency_limits limits = {}) : limits_(limits) {}

    /// A call as far as a key cares: two are the same when all of it is. Bodies are compared by
    /// their length and a 64-bit hash: whoever makes two collide deceives himself alone.
    struct fingerprint {
        std::uint32_t function = 0;
        std::size_t size = 0;
        std::size_t hash = 0;

        fingerprint(std::uint32_t called, std::string_view body) noexcept
            : function(called), size(body.size()), hash(std::hash<std::string_view>()(body)) {}
        bool operator==(const fingerprint&) const = default;
    };

    /// What a key has started.
    struct entry {
        fingerprint call;
        task::uuid started;
        clock::time_point expires;
    };

    /// nullptr: the owner's key is new, or forgotten.
    [[nodiscard]] const entry* find(const std::string& owner, const std::string& key,
                                    clock::time_point now) {
        expire(now);
        const auto its = owners_.find(owner);
        if (its == owners_.end()) return nullptr;
        const auto found = its->second.entries.find(key);
        return found == its->second.entries.end() ? nullptr : &found->second;
    }

    /// The key must be new. Where there are too many, the owner who has the most loses the oldest.
    void remember(const std::string& owner, std::string key, const fingerprint& call,
                  const task::uuid& started, clock::time_point now) {
        if (limits_.max_keys == 0) return;
        if (size_ >= limits_.max_keys) forget_oldest(who_has_most());
        keys& its = owners_[owner];
        const auto added =
            its.entries.emplace(std::move(key), entry{call, started, now + limits_.ttl}).first;
        its.order.push_back(&added->first);
        ++size_;
    }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }

 private:
    struct keys {
        std::unordered_map<std::string, entry> entries;  // node-based: the order points at its keys
        std::deque<const std::string*> order;
    };
    using owners = std::unordered_map<std::string, keys>;  // as many as there are credentials

    // With each request that has a key: nobody else sees those that are over their time.
    void expire(clock::time_point now) {
        for (auto its = owners_.begin(); its != owners_.end();) {
            const auto next = std::next(its);
            // The last one takes the owner with it.
            for (std::size_t left = its->second.order.size(); left > 0; --left) {
                if (its->second.entries.find(*its->second.order.front())->second.expires > now)
                    break;
                forget_oldest(its);
            }
            its = next;
        }
    }

    [[nodiscard]] owners::iterator who_has_most() {
        return std::max_element(owners_.begin(), owners_.end(), [](const auto& a, const auto& b) {
            return a.second.order.size() < b.second.order.size();
        });
    }

    void forget_oldest(owners::iterator its) {
        auto& [entries, order] = its->second;
        entries.erase(entries.find(*order.front()));
        order.pop_front();
        --size_;
        if (order.empty()) owners_.erase(its);
    }

    idempotency_limits limits_;
    owners owners_;
    std::size_t size_ = 0;
};

}  // namespace restful_functions::api
