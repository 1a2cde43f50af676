#include <restful_functions/task/dispatcher.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <csignal>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

using namespace std::chrono_literals;
using namespace restful_functions::task;
using restful_functions::registry;
namespace process = restful_functions::process;

namespace {

struct set_clock {
    static time_point now() { return time; }
    static inline time_point time{};
};

// Starts as many calls as it is told to, and remembers what it was asked for.
struct scripted_executor {
    std::optional<process::call_id> start(std::uint32_t entry, std::string_view input) {
        if (free == 0) return std::nullopt;
        --free;
        started.push_back(std::to_string(entry) + ' ' + std::string(input));
        return process::call_id{next_call++};
    }
    void kill(process::call_id call, int signal) {
        CHECK(signal == SIGKILL);
        killed.push_back(static_cast<std::uint64_t>(call));
    }

    std::size_t free = 1000;
    std::uint64_t next_call = 0;
    std::vector<std::string> started;
    std::vector<std::uint64_t> killed;
};

struct fixture {
    fixture() {
        set_clock::time = time_point{12h};
        add("one", 1, 10s);
        add("two", 2, 5s);
        add("any", 0, 20s);
        calls.emplace(functions, executor, tasks);
    }

    void add(const char* name, std::size_t max_concurrency, std::chrono::seconds timeout) {
        restful_functions::function_definition function;
        function.name = name;
        function.max_concurrency = max_concurrency;
        function.timeout = timeout;
        functions.add(std::move(function));
    }

    // The scripted executor counts the calls: 0 is the first one.
    void end(std::uint64_t call, process::outcome how) {
        calls->end(process::call_id{call}, std::move(how));
    }

    uuid start(std::uint32_t function) {
        const auto started = calls->start(function, "{}");
        REQUIRE(std::holds_alternative<uuid>(started));
        return std::get<uuid>(started);
    }

    std::string state_of(const uuid& id) const {
        const record& task = *tasks.find(id);
        return std::string(to_string(task.status)) + ' ' + task.result;
    }

    static constexpr std::uint32_t one = 0, two = 1, any = 2;
    registry functions;
    scripted_executor executor;
    table tasks{3, {.result_ttl = 100s}};
    std::optional<dispatcher<scripted_executor, table, set_clock>> calls;
};

}  // namespace

TEST_CASE_FIXTURE(fixture, "a started call is a running task of its function") {
    const auto started = calls->start(two, R"({"x": 3})");
    CHECK(executor.started == std::vector<std::string>{R"(1 {"x": 3})"});
    CHECK(state_of(std::get<uuid>(started)) == "RUNNING null");
    CHECK(calls->running(two) == 1);
    CHECK(calls->running(one) == 0);
    CHECK(calls->running() == 1);
}

TEST_CASE_FIXTURE(fixture, "a finished call is a task with a result") {
    const uuid id = start(one);
    end(0, process::returned{"9"});
    CHECK(state_of(id) == "DONE 9");
    CHECK(calls->running() == 0);
}

TEST_CASE_FIXTURE(fixture, "a call over the limit is refused and starts nothing") {
    start(two);
    start(two);
    const auto third = calls->start(two, "{}");
    CHECK(std::get<over_max_concurrency>(third).limit == 2);
    CHECK(executor.started.size() == 2);
    CHECK(tasks.size() == 2);
}

TEST_CASE_FIXTURE(fixture, "a function without a limit of its own has none") {
    for (int i = 0; i < 100; ++i) start(any);
    CHECK(calls->running(any) == 100);
}

TEST_CASE_FIXTURE(fixture, "a call is free to start as soon as the one before it has a result") {
    for (std::uint64_t call = 0; call < 3; ++call) {
        start(one);
        end(call, process::returned{"9"});
    }
    CHECK(executor.started.size() == 3);
}

TEST_CASE_FIXTURE(fixture, "who waits for a result may start the next call at once") {
    bool next_started = false;
    const auto first = calls->start(one, "{}", [&](const record& ended) {
        CHECK(ended.result == "9");
        next_started = std::holds_alternative<uuid>(calls->start(one, "{}"));
    });
    REQUIRE(std::holds_alternative<uuid>(first));
    end(0, process::returned{"9"});
    CHECK(next_started);
    CHECK(calls->running(one) == 1);
}

TEST_CASE_FIXTURE(fixture, "a call is refused when no process is left, and leaves no trace") {
    executor.free = 0;
    bool told = false;
    const auto refused = calls->start(any, "{}", [&](const record&) { told = true; });
    CHECK(std::holds_alternative<no_process_left>(refused));
    CHECK(calls->running(any) == 0);
    CHECK(tasks.size() == 0);
    CHECK(!calls->next_deadline());
    CHECK(!told);
}

TEST_CASE_FIXTURE(fixture, "a draining dispatcher finishes what runs and takes nothing new") {
    const uuid id = start(any);
    calls->drain();
    CHECK(std::holds_alternative<draining>(calls->start(any, "{}")));
    end(0, process::returned{"9"});
    CHECK(state_of(id) == "DONE 9");
}

TEST_CASE_FIXTURE(fixture, "the report of a call that nobody knows is ignored") {
    start(any);
    end(99, process::returned{"9"});
    CHECK(calls->running() == 1);
}

TEST_CASE_FIXTURE(fixture,
                  "a call over its time is killed once, and is a timeout when it is dead") {
    const uuid id = start(two);
    CHECK(calls->next_deadline() == time_point{12h + 5s});

    set_clock::time += 5s - 1ns;
    calls->meet_deadlines();
    CHECK(executor.killed.empty());

    set_clock::time += 1ns;
    calls->meet_deadlines();
    calls->meet_deadlines();
    CHECK(executor.killed == std::vector<std::uint64_t>{0});
    CHECK(!calls->next_deadline());
    CHECK(calls->running(two) == 1);

    end(0, process::killed{SIGKILL});
    CHECK(state_of(id) == "TIMEOUT \"timeout\"");
    CHECK(calls->running(two) == 0);
}

TEST_CASE_FIXTURE(fixture, "the next deadline is the earliest of timeouts and expiries") {
    start(any);
    CHECK(calls->next_deadline() == time_point{12h + 20s});
    start(two);
    CHECK(calls->next_deadline() == time_point{12h + 5s});
    end(1, process::returned{"9"});
    CHECK(calls->next_deadline() == time_point{12h + 20s});
    end(0, process::returned{"9"});
    CHECK(calls->next_deadline() == time_point{12h + 100s});
}

TEST_CASE_FIXTURE(fixture, "a result expires at its deadline") {
    const uuid id = start(any);
    end(0, process::returned{"9"});
    set_clock::time += 100s;
    calls->meet_deadlines();
    CHECK(tasks.find(id) == nullptr);
    CHECK(!calls->next_deadline());
}

TEST_CASE_FIXTURE(fixture, "a terminated task has ended when its terminator hears of it") {
    const uuid id = start(one);
    bool ended = false;
    calls->terminate(id, [&] {
        CHECK(state_of(id) == "FAILED \"Manual Termination\"");
        ended = true;
    });
    CHECK(executor.killed == std::vector<std::uint64_t>{0});
    CHECK(!ended);
    CHECK(state_of(id) == "RUNNING null");
    end(0, process::killed{SIGKILL});
    CHECK(ended);
}

TEST_CASE_FIXTURE(fixture, "terminating twice kills once and tells both") {
    const uuid id = start(one);
    int told = 0;
    calls->terminate(id, [&] { ++told; });
    calls->terminate(id, [&] { ++told; });
    end(0, process::killed{SIGKILL});
    CHECK(executor.killed.size() == 1);
    CHECK(told == 2);
}

TEST_CASE_FIXTURE(fixture, "who waits for the result of a terminated task hears of it") {
    std::string heard;
    const auto started =
        calls->start(one, "{}", [&](const record& ended) { heard = ended.result; });
    calls->terminate(std::get<uuid>(started), [] {});
    end(0, process::killed{SIGKILL});
    CHECK(heard == "\"Manual Termination\"");
}

TEST_CASE_FIXTURE(fixture, "a task that finished before the kill reached it stays done") {
    const uuid id = start(one);
    bool ended = false;
    calls->terminate(id, [&] { ended = true; });
    end(0, process::returned{"9"});
    CHECK(ended);
    CHECK(state_of(id) == "DONE 9");
}

TEST_CASE_FIXTURE(fixture, "a task that was terminated before its timeout is no timeout") {
    const uuid id = start(two);
    calls->terminate(id, [] {});
    set_clock::time += 5s;
    calls->meet_deadlines();
    end(0, process::killed{SIGKILL});
    CHECK(executor.killed.size() == 1);
    CHECK(state_of(id) == "FAILED \"Manual Termination\"");
}

TEST_CASE_FIXTURE(fixture, "terminating an ended task says so at once and changes nothing") {
    const uuid id = start(one);
    end(0, process::returned{"9"});
    bool ended = false;
    calls->terminate(id, [&] { ended = true; });
    CHECK(ended);
    CHECK(executor.killed.empty());
    CHECK(state_of(id) == "DONE 9");
}

TEST_CASE_FIXTURE(fixture, "terminating a function waits for all of its tasks and for no others") {
    const uuid other = start(any);
    start(two);
    start(two);
    bool ended = false;
    calls->terminate_function(two, [&] { ended = true; });
    CHECK(executor.killed.size() == 2);
    end(1, process::killed{SIGKILL});
    CHECK(!ended);
    end(2, process::returned{"9"});
    CHECK(ended);
    CHECK(state_of(other) == "RUNNING null");
}

TEST_CASE_FIXTURE(fixture, "terminating a function that does not run is over at once") {
    start(any);
    bool ended = false;
    calls->terminate_function(two, [&] { ended = true; });
    CHECK(ended);
    CHECK(executor.killed.empty());
}

TEST_CASE_FIXTURE(fixture, "everything can be terminated") {
    start(one);
    start(two);
    start(any);
    calls->terminate_all();
    CHECK(executor.killed.size() == 3);
}

TEST_CASE_FIXTURE(fixture, "where nothing is kept, who waits still gets the result") {
    table forgetful(3, {.max_finished_tasks = 0});
    dispatcher<scripted_executor, table, set_clock> brief(functions, executor, forgetful);
    std::string heard;
    const auto hear = [&](const record& ended) { heard += ended.result; };
    const auto started = brief.start(any, "{}", hear);
    brief.terminate(std::get<uuid>(started), [&] { heard += '!'; });
    brief.end(process::call_id{0}, process::returned{"9"});
    CHECK(heard == "9!");
    CHECK(forgetful.size() == 0);
}
