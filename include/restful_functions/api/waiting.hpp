/// waiting: for the end of a task, but not for ever.
#pragma once

#include <restful_functions/api/deadlines.hpp>
#include <restful_functions/api/dispatcher.hpp>
#include <restful_functions/api/router.hpp>
#include <restful_functions/api/waiting_room.hpp>
#include <restful_functions/http/client_watch.hpp>
#include <restful_functions/http/message.hpp>
#include <restful_functions/task/call.hpp>
#include <restful_functions/task/record.hpp>
#include <restful_functions/task/uuid.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <utility>

namespace restful_functions::api {

/// The answer, for the log and the metrics, to a client that has gone: status 499, as nginx has it.
[[nodiscard]] inline http::response nobody_there() {
    http::response answer;
    answer.status = 499;
    return answer;
}

/// Calls `on_end` when the task ends, or `on_timeout` when `patience` is over, or answers that
/// nobody is there when the client has gone, if that is noticed: one of them, once. Until then it
/// has its place. The task must not have ended.
inline void wait_for_end(dispatcher& calls, deadlines& timers, const task::uuid& id,
                         std::chrono::milliseconds patience, http::client_watch* client,
                         std::shared_ptr<const waiting_room::place> place, task::listener on_end,
                         std::function<void()> on_timeout, reply answer) {
    const auto timer = std::make_shared<deadlines::id>();
    const auto listening =
        calls.listen(id, [&timers, timer, place = std::move(place),
                          on_end = std::move(on_end)](const task::record& ended) {
            timers.cancel(*timer);
            on_end(ended);
        });
    *timer =
        timers.set(task::after(deadlines::clock::now(), patience),
                   [&calls, id, which = listening.value(), on_timeout = std::move(on_timeout)] {
                       calls.forget(id, which);
                       on_timeout();
                   });
    if (client == nullptr) return;
    client->on_close(
        [&calls, &timers, id, timer, which = listening.value(), answer = std::move(answer)] {
            timers.cancel(*timer);
            calls.forget(id, which);
            answer(nobody_there());
        });
}

}  // namespace restful_functions::api
