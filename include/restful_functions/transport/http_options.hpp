/// What an HTTP transport grants its clients.
#pragma once

#include <restful_functions/http/limits.hpp>
#include <restful_functions/transport/channel.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <stdexcept>

namespace restful_functions::transport {

/// Limits of each connection and of their number.
struct http_options {
    http::limits limits = {};
    /// From the first byte of a request to the end of its head; past it 408.
    std::chrono::milliseconds header_timeout{std::chrono::seconds(10)};
    /// Without a byte coming or going, between requests or within a response; while the client
    /// waits for its response no time runs. Longer than the 60 s after which nginx and most load
    /// balancers drop a connection of theirs: where the server is the first to close, it does so
    /// now and then while a request is on its way.
    std::chrono::milliseconds idle_timeout{std::chrono::seconds(75)};
    /// Open at a time; further clients wait in the listening socket's queue.
    std::size_t max_connections = 10'000;
    /// Of bodies on their way in, those of all connections together: 503 for one above 64 KiB that
    /// has no room. Where no other comes in, one of `limits.max_body_bytes` has.
    std::size_t max_incoming_bytes = 256 * 1024 * 1024;
    /// Bytes per second with which bodies come, seen over 30 s (or `idle_timeout`, where that is
    /// shorter); past it 408. 0: a byte is enough.
    std::size_t min_body_rate = 500;
    /// What encrypts the connections, e.g. `tls`; nullptr: they are not encrypted.
    std::shared_ptr<session_source> sessions = nullptr;
    /// For how long a client that is still sending after the last response is listened to, so that
    /// it can read the response: altogether, and without a byte.
    std::chrono::milliseconds linger_time{std::chrono::seconds(30)};
    std::chrono::milliseconds linger_silence{std::chrono::seconds(5)};
};

/// The options themselves; throws std::invalid_argument for those that would serve no one.
inline const http_options& checked(const http_options& options) {
    if (options.header_timeout.count() <= 0)
        throw std::invalid_argument("header_timeout is not above 0; give a client time to ask");
    if (options.idle_timeout.count() <= 0)
        throw std::invalid_argument("idle_timeout is not above 0; give a client time to ask");
    if (options.max_connections == 0)
        throw std::invalid_argument("max_connections is 0; allow at least one");
    return options;
}

}  // namespace restful_functions::transport
