/// What an HTTP transport grants its clients.
#pragma once

#include <restful_functions/http/limits.hpp>

#include <chrono>
#include <cstddef>

namespace restful_functions::transport {

/// Limits of each connection and of their number.
struct http_options {
    http::limits limits = {};
    /// From the first byte of a request to the end of its head; past it 408.
    std::chrono::milliseconds header_timeout{std::chrono::seconds(10)};
    /// Without a byte coming or going, between requests or within a body; while the client waits
    /// for its response no time runs.
    std::chrono::milliseconds idle_timeout{std::chrono::seconds(60)};
    /// Open at a time; further clients wait in the listening socket's queue.
    std::size_t max_connections = 10'000;
};

}  // namespace restful_functions::transport
