/// A dispatcher over an executor and a clock that a test sets.
#pragma once

#include <restful_functions/task/dispatcher.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace test {

using namespace std::chrono_literals;
using namespace restful_functions::task;
using restful_functions::registry;
namespace process = restful_functions::process;

struct set_clock {
    static moment now() {
        return {time,
                wall_time{std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch())}};
    }
    static inline time_point time{};
};

using stops = std::vector<std::pair<std::uint64_t, std::chrono::milliseconds>>;

// Starts as many calls as it is told to, and remembers what it was asked for.
struct scripted_executor {
    std::optional<process::call_id> start(std::uint32_t entry, std::string_view input,
                                          const process::call_labels& labels_of_call) {
        if (is_out_of_memory) throw std::bad_alloc();
        if (free == 0) return std::nullopt;
        --free;
        started.push_back(std::to_string(entry) + ' ' + std::string(input));
        labels.emplace_back(labels_of_call.id);
        return process::call_id{next_call++};
    }
    bool stop(process::call_id call, std::chrono::milliseconds grace) {
        if (!stoppable) return false;
        stopped.emplace_back(static_cast<std::uint64_t>(call), grace);
        return true;
    }
    std::optional<process::progress_report> progress(process::call_id call) const {
        return process::progress_report{0.5, std::to_string(static_cast<std::uint64_t>(call))};
    }
    process::log_excerpt log(process::call_id call) const {
        return {0, "log of " + std::to_string(static_cast<std::uint64_t>(call))};
    }

    void watch(process::call_id call) { watched.push_back(static_cast<std::uint64_t>(call)); }

    std::vector<std::uint64_t> watched;
    std::size_t free = 1000;
    std::uint64_t next_call = 0;
    std::vector<std::string> started;
    std::vector<std::string> labels;
    stops stopped;
    bool stoppable = true;
    bool is_out_of_memory = false;
};

struct fixture {
    fixture() {
        set_clock::time = time_point{12h};
        add("one", 1, 10s);
        add("two", 2, 5s);
        add("any", 0, 20s);
        add("patient", 1, 10s, 3);
        add("calm", 0, 10s, 3);
        calls.emplace(functions, executor, tasks, waiting_limits{.calls = 0});
    }

    void add(const char* name, std::size_t max_concurrency, std::chrono::seconds timeout,
             std::size_t max_queued = 0) {
        restful_functions::function_definition function;
        function.name = name;
        function.max_concurrency = max_concurrency;
        function.timeout = timeout;
        function.max_queued = max_queued;
        function.grace = 300ms;
        functions.add(std::move(function));
    }

    // The scripted executor counts the calls: 0 is the first one.
    void end(std::uint64_t call, process::outcome how = process::returned{"9"}) {
        ++executor.free;
        calls->end(process::call_id{call}, std::move(how));
    }

    void depart(std::uint64_t call, process::departure left = {}) {
        calls->depart(process::call_id{call}, std::move(left));
    }

    uuid start(std::uint32_t function, std::string_view body = "{}") {
        const auto started = calls->start({.function = function, .body = body});
        REQUIRE(std::holds_alternative<uuid>(started));
        return std::get<uuid>(started);
    }

    std::string state_of(const uuid& id) const {
        const record& task = *tasks.find(id);
        return std::string(to_string(task.status)) + ' ' + std::string(task.result);
    }

    static constexpr std::uint32_t one = 0, two = 1, any = 2, patient = 3, calm = 4;
    registry functions;
    scripted_executor executor;
    table tasks{5, {.result_ttl = 100s}};
    std::optional<dispatcher<scripted_executor, table, set_clock>> calls;
};

}  // namespace test
