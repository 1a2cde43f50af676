/// service_options: how many processes the service may use, and how long it keeps what they return.
#pragma once

#include <restful_functions/api/access.hpp>
#include <restful_functions/api/idempotency.hpp>
#include <restful_functions/api/log_format.hpp>
#include <restful_functions/http/limits.hpp>
#include <restful_functions/process/executor_options.hpp>
#include <restful_functions/task/retention.hpp>
#include <restful_functions/task/waiting_limits.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace restful_functions::api {

/// Everything that a service can be told; the defaults fit one server on one machine.
struct service_options {
    process::executor_options executor;
    task::retention results;
    task::waiting_limits waiting = {};
    idempotency_limits idempotency = {};
    access_options access = {};
    log_format log = log_format::none;
    std::function<void()> on_process_start = {};  ///< in each process that serves calls
    std::size_t max_body_bytes = http::limits{}.max_body_bytes;  ///< Of a body that was compressed.
    std::uint32_t number = 0;  ///< of the server among those of the program, the same in each run
    /// Whether successful requests for /health and /metrics have a line in the log.
    bool log_health_checks = false;
    /// Whose Forwarded and X-Forwarded fields are believed, as server_options::trusted_proxies.
    std::vector<std::string> trusted_proxies = {};
};

}  // namespace restful_functions::api
