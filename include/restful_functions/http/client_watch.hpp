/// client_watch: notice of a client that has gone before its answer was complete.
#pragma once

#include <exception>
#include <functional>
#include <utility>

namespace restful_functions::http {

/// Between the transport that sees a client go and the handler of its request, both in one thread.
class client_watch {
 public:
    client_watch() = default;
    client_watch(const client_watch&) = delete;
    client_watch& operator=(const client_watch&) = delete;

    /// Has `tell` called once, when the client goes before its answer is complete, or seems to go:
    /// it sends no more. It may still read. An exception of `tell` is passed over.
    void on_leave(std::function<void()> tell) { left_ = std::move(tell); }

    /// Has `tell` called once, when the client has gone before there is an answer. An exception of
    /// `tell` is passed over.
    void on_close(std::function<void()> tell) { closed_ = std::move(tell); }

    // The transport's side.

    /// The client sends no more. Returns whether a handler was told.
    bool leave() { return tell(left_); }

    /// The connection has ended. Returns whether a handler was told.
    bool close() {
        const bool was_told = leave();
        return tell(closed_) || was_told;
    }

    /// There is an answer.
    void answered() noexcept { closed_ = nullptr; }

    /// The answer is complete: nothing is told any more.
    void end() noexcept {
        left_ = nullptr;
        closed_ = nullptr;
    }

 private:
    static bool tell(std::function<void()>& who) noexcept {
        const auto told = std::exchange(who, nullptr);
        try {
            if (told) told();
        } catch (const std::exception&) {
            // Nobody is there who could be told, and the connection ends in any case.
        }
        return told != nullptr;
    }

    std::function<void()> left_;
    std::function<void()> closed_;
};

}  // namespace restful_functions::http
