/// body_budget: how much memory the bodies of all requests take together while they come in.
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>

namespace restful_functions::transport::detail {

/// Small bodies are let in whatever the others take: who holds large ones keeps nobody else out.
class body_budget {
 public:
    /// What one connection takes of it. Gives it back when it goes.
    class share {
     public:
        explicit share(body_budget& whole) noexcept : whole_(whole) {}
        share(const share&) = delete;
        share& operator=(const share&) = delete;
        ~share() { give_back(); }

        /// The body has this size by now. false: there is no room for it.
        [[nodiscard]] bool grow_to(std::size_t size) noexcept {
            whole_.taken_ += size - std::exchange(size_, size);
            return size <= always_let_in || whole_.taken_ <= whole_.most_;
        }

        void give_back() noexcept { whole_.taken_ -= std::exchange(size_, 0); }

     private:
        body_budget& whole_;
        std::size_t size_ = 0;
    };

    static constexpr std::size_t always_let_in = 64 * 1024;

    /// Where no other comes in, one of the greatest size has room.
    body_budget(std::size_t most, std::size_t greatest_body) noexcept
        : most_(std::max(most, greatest_body)) {}

    [[nodiscard]] std::size_t taken() const noexcept { return taken_; }

 private:
    std::size_t most_;
    std::size_t taken_ = 0;
};

}  // namespace restful_functions::transport::detail
