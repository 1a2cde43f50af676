/// What is waited for on an Asio loop: descriptors, and points in time.
#pragma once

#include <restful_functions/transport/asio_http_rtti.hpp>

#include <asio/basic_waitable_timer.hpp>
#include <asio/io_context.hpp>
#include <asio/posix/basic_stream_descriptor.hpp>
#include <asio/wait_traits.hpp>

#include <chrono>

namespace restful_functions::transport::detail {

// Asio's own names are for executors of any type: each wait would go through an indirection, and
// each compilation through the templates for it.
using loop_executor = asio::io_context::executor_type;
using loop_descriptor = asio::posix::basic_stream_descriptor<loop_executor>;
using loop_timer =
    asio::basic_waitable_timer<std::chrono::steady_clock,
                               asio::wait_traits<std::chrono::steady_clock>, loop_executor>;

}  // namespace restful_functions::transport::detail
