/// metrics_routes: the server's figures, for Prometheus.
#pragma once

#include <restful_functions/api/dispatcher.hpp>
#include <restful_functions/api/exposition.hpp>
#include <restful_functions/api/metrics.hpp>
#include <restful_functions/api/router.hpp>
#include <restful_functions/function/definition.hpp>
#include <restful_functions/function/registry.hpp>
#include <restful_functions/http/message.hpp>
#include <restful_functions/process/events.hpp>
#include <restful_functions/process/executor.hpp>
#include <restful_functions/task/record.hpp>
#include <restful_functions/task/table.hpp>
#include <restful_functions/version.hpp>

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <string>

namespace restful_functions::api {

/// What the figures are of; all of it outlives the router.
struct measured_parts {
    const registry& functions;
    const task::table& tasks;
    const dispatcher& calls;
    const process::executor& executor;
    const metrics& counted;
};

namespace detail {

inline void expose_calls(exposition& text, const measured_parts& of) {
    const auto each = [&](auto show) {
        for (std::size_t i = 0; i < of.functions.size(); ++i)
            show(of.functions.at(i).name, of.counted.function(i), static_cast<std::uint32_t>(i));
    };
    text.family("calls_total", "counter", "Calls that have ended, by how they did.");
    each([&](const std::string& name, const metrics::of_function& its, std::uint32_t) {
        for (std::size_t how = 0; how < its.ended.size(); ++how) {
            text.sample(
                static_cast<double>(its.ended[how]),
                {{"function", name}, {"outcome", to_string(static_cast<task::outcome>(how))}});
        }
    });
    text.family("calls_running", "gauge", "Calls that run.");
    each([&](const std::string& name, const metrics::of_function&, std::uint32_t index) {
        text.sample(static_cast<double>(of.calls.running(index)), {{"function", name}});
    });
    text.family("calls_queued", "gauge", "Calls that wait to run.");
    each([&](const std::string& name, const metrics::of_function&, std::uint32_t index) {
        text.sample(static_cast<double>(of.calls.queued(index)), {{"function", name}});
    });
    text.family("call_duration_seconds", "histogram", "How long calls ran.");
    each([&](const std::string& name, const metrics::of_function& its, std::uint32_t) {
        text.sample(its.duration, name);
    });
    text.family("call_queue_wait_seconds", "histogram", "How long calls waited before they ran.");
    each([&](const std::string& name, const metrics::of_function& its, std::uint32_t) {
        text.sample(its.queue_wait, name);
    });
    text.family("call_peak_memory_bytes", "histogram", "The most resident memory of calls.");
    each([&](const std::string& name, const metrics::of_function& its, std::uint32_t) {
        text.sample(its.peak_memory, name);
    });
}

inline void expose_processes(exposition& text, const dispatcher& calls,
                             const process::executor& executor) {
    const process::census now = executor.count();
    const auto state = [&](const char* name, std::size_t count) {
        text.sample(static_cast<double>(count), {{"state", name}});
    };
    text.family("processes", "gauge", "Processes that serve calls, by what they do.");
    state("running", now.running);
    state("parked", now.parked);
    state("starting", now.starting);
    state("leaving", now.leaving);
    state("kept", now.kept);
    text.family("processes_max", "gauge", "The most processes that there may be.")
        .sample(static_cast<double>(executor.max_processes()));
    text.family("calls_without_process", "gauge",
                "Calls that wait for a process, without those in the queue of their function.")
        .sample(static_cast<double>(now.waiting + calls.without_process()));
    text.family("forks_total", "counter", "Processes that the fork server was asked for.")
        .sample(static_cast<double>(executor.forks()));
}

inline void expose_server(exposition& text, const measured_parts& of) {
    text.family("http_requests_total", "counter", "Requests that were answered.");
    for (std::size_t method = 0; method < metrics::methods.size(); ++method) {
        const auto& by_status = of.counted.requests(method);
        for (std::size_t i = 0; i < by_status.size(); ++i) {
            if (by_status[i] == 0) continue;
            text.sample(static_cast<double>(by_status[i]),
                        {{"method", metrics::methods[method]},
                         {"code", std::to_string(i + metrics::first_status)}});
        }
    }
    text.family("connections", "gauge", "Connections of clients.")
        .sample(static_cast<double>(of.counted.connections()));
    text.family("tasks", "gauge", "Tasks that are known: waiting, running and ended.")
        .sample(static_cast<double>(of.tasks.size()));
    text.family("start_time_seconds", "gauge", "When the server started, in seconds since 1970.")
        .sample(std::chrono::duration<double>(of.counted.start().time_since_epoch()).count());
    text.family("build_info", "gauge", "1, labelled with the version of the library.")
        .sample(1, {{"version", version}});
}

/// Of the server itself, without the processes that serve calls.
inline void expose_usage(exposition& text) {
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    text.family("server_cpu_seconds_total", "counter", "Processor time of the server itself.")
        .sample(seconds(used.ru_utime) + seconds(used.ru_stime));
    std::uint64_t pages = 0;
    std::uint64_t resident_pages = 0;
    std::ifstream("/proc/self/statm") >> pages >> resident_pages;
    text.family("server_resident_memory_bytes", "gauge", "Resident memory of the server itself.")
        .sample(static_cast<double>(resident_pages) * static_cast<double>(::sysconf(_SC_PAGESIZE)));
}

}  // namespace detail

/// All figures as text.
[[nodiscard]] inline std::string metrics_text(const measured_parts& of) {
    exposition text;
    detail::expose_calls(text, of);
    detail::expose_processes(text, of.calls, of.executor);
    detail::expose_server(text, of);
    detail::expose_usage(text);
    return std::move(text).take();
}

/// Adds GET /metrics.
inline void add_metrics_routes(router& routes, const measured_parts& of) {
    routes.get("/metrics", [of](const exchange&) {
        http::response response;
        response.headers.add("Content-Type", std::string(exposition::content_type));
        response.body = metrics_text(of);
        return response;
    });
}

}  // namespace restful_functions::api
