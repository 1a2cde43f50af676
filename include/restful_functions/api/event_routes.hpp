/// event_routes: streams of what becomes of tasks.
#pragma once

#include <restful_functions/api/names.hpp>
#include <restful_functions/api/router.hpp>
#include <restful_functions/api/task_events.hpp>
#include <restful_functions/api/task_story.hpp>
#include <restful_functions/http/body_stream.hpp>
#include <restful_functions/http/message.hpp>
#include <restful_functions/http/server_sent_event.hpp>
#include <restful_functions/task/record.hpp>
#include <restful_functions/task/table.hpp>

#include <memory>
#include <string>
#include <utility>

namespace restful_functions::api {

namespace detail {

/// A response whose body is a stream of events.
[[nodiscard]] inline http::response event_response() {
    http::response response;
    response.headers.add("Content-Type", std::string(http::event_stream_type));
    response.headers.add("Cache-Control", "no-store");
    response.headers.add("X-Accel-Buffering", "no");  // nginx would collect events
    response.stream = std::make_shared<http::body_stream>();
    return response;
}

/// What keeps a browser's EventSource from connecting again and again after the end of a stream
/// (HTML Living Standard, 9.2.3).
[[nodiscard]] inline http::response nothing_more() {
    http::response response;
    response.status = 204;
    response.headers.add("Cache-Control", "no-store");
    return response;
}

}  // namespace detail

/// Adds GET /task/events/{task_id}, the story of one task until its end, and GET /events, the
/// changes of all tasks. Both take Last-Event-ID. The tables must outlive the router.
inline void add_event_routes(router& routes, const task::table& tasks, task_events& events) {
    routes.get("/task/events/{task_id}", [&](const exchange& asked) {
        const task::record& task = *find_task(tasks, asked.parameter);
        const std::string* last = asked.request.headers.find("Last-Event-ID");
        const auto place = last == nullptr ? story_place() : story_place::parse(*last);
        if (place.is_end() && has_ended(task.status)) return detail::nothing_more();
        http::response response = detail::event_response();
        events.follow(task, place, response.stream);
        return response;
    });
    routes.get("/events", [&](const exchange& asked) {
        http::response response = detail::event_response();
        events.follow_all(response.stream, asked.request.headers.find("Last-Event-ID"));
        return response;
    });
}

}  // namespace restful_functions::api
