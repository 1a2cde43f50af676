/// Server-Sent Events, as the HTML Living Standard defines them (9.2).
#pragma once

#include <restful_functions/http/pieced_text.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace restful_functions::http {

/// The media type of a stream of events.
inline constexpr std::string_view event_stream_type = "text/event-stream";

/// A comment, which keeps proxies from taking silence for the end.
inline constexpr std::string_view event_comment = ":\n\n";

/// One event. None of the three has a line break: data is JSON text. An id that is empty is left
/// out.
[[nodiscard]] inline pieced_text server_sent_event(std::string_view id, std::string_view type,
                                                   pieced_text data) {
    std::string head;
    if (!id.empty()) head.append("id: ").append(id).append("\n");
    pieced_text event = head.append("event: ").append(type).append("\ndata: ");
    event += std::move(data);
    event += "\n\n";
    return event;
}

}  // namespace restful_functions::http
