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

    /// Has `tell` called once, when the client goes before its answer is complete. It must not
    /// throw.
    void on_leave(std::function<void()> tell) { tell_ = std::move(tell); }

    // The transport's side.

    /// The client has gone. Returns whether a handler was told.
    bool leave() {
        const auto tell = std::exchange(tell_, nullptr);
        if (tell) tell();
        return tell != nullptr;
    }

    /// The answer is complete: nothing is told any more.
    void end() noexcept { tell_ = nullptr; }

 private:
    std::function<void()> tell_;
};

}  // namespace restful_functions::http
