/// client_watch: notice of a client that has gone before its answer was complete.
#pragma once

#include <functional>
#include <utility>

namespace restful_functions::http {

/// Between the transport that sees a client go and the handler of its request, both in one thread.
class client_watch {
 public:
    client_watch() = default;
    client_watch(const client_watch&) = delete;
    client_watch& operator=(const client_watch&) = delete;

    /// Has `tell` called once, when the client goes before its answer is complete, or seems to: one
    /// that sends no more may still read. It must not throw.
    void on_leave(std::function<void()> tell) { left_ = std::move(tell); }

    /// Has `tell` called once, when nobody can be given the answer any more. It must not throw.
    void on_close(std::function<void()> tell) { closed_ = std::move(tell); }

    // The transport's side.

    /// The client sends no more. Returns whether a handler was told.
    bool leave() { return tell(left_); }

    /// The connection has ended. Returns whether a handler was told.
    bool close() {
        const bool was_told = leave();
        return tell(closed_) || was_told;
    }

    /// The answer is complete: nothing is told any more.
    void end() noexcept {
        left_ = nullptr;
        closed_ = nullptr;
    }

 private:
    static bool tell(std::function<void()>& who) {
        const auto told = std::exchange(who, nullptr);
        if (told) told();
        return told != nullptr;
    }

    std::function<void()> left_;
    std::function<void()> closed_;
};

}  // namespace restful_functions::http
