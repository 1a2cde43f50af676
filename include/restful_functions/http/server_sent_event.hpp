/// Server-Sent Events, as the HTML Living Standard defines them (9.2).
#pragma once

#include <string>
#include <string_view>

namespace restful_functions::http {

/// The media type of a stream of events.
inline constexpr std::string_view event_stream_type = "text/event-stream";

/// A comment, which keeps proxies from taking silence for the end.
inline constexpr std::string_view event_comment = ":\n\n";

/// One event. None of the three has a line break: data is JSON text. An id that is empty is left
/// out.
[[nodiscard]] inline std::string server_sent_event(std::string_view id, std::string_view type,
                                                   std::string_view data) {
    std::string event;
    if (!id.empty()) event.append("id: ").append(id).append("\n");
    return event.append("event: ").append(type).append("\ndata: ").append(data).append("\n\n");
}

}  // namespace restful_functions::http
