#include "dispatched.hpp"

using namespace test;

TEST_CASE_FIXTURE(fixture, "a call over the limit of a function with a queue waits") {
    start(patient);
    const uuid second = start(patient);
    const uuid third = start(patient);
    CHECK(executor.started.size() == 1);
    CHECK(state_of(second) == "QUEUED null");
    CHECK(calls->position(second) == 1);
    CHECK(calls->position(third) == 2);
    CHECK(calls->running(patient) == 1);
    CHECK(calls->queued(patient) == 2);
}

TEST_CASE_FIXTURE(fixture, "a call that finds the queue full is refused, and leaves no trace") {
    for (int i = 0; i < 4; ++i) start(patient);
    const auto fifth = calls->start({.function = patient});
    CHECK(std::get<over_max_concurrency>(fifth).limit == 1);
    CHECK(tasks.size() == 4);
    CHECK(calls->queued(patient) == 3);
}

TEST_CASE_FIXTURE(fixture, "who waited longest runs at the moment that another call ends") {
    start(patient, "a");
    const uuid second = start(patient, "b");
    const uuid third = start(patient, "c");
    set_clock::time += 1500ms;
    end(0);
    CHECK(executor.started == std::vector<std::string>{"3 a", "3 b"});
    CHECK(state_of(second) == "RUNNING null");
    CHECK(tasks.find(second)->created == wall_time{12h});
    CHECK(tasks.find(second)->started == wall_time{12h + 1500ms});
    CHECK(tasks.find(second)->queue_wait == 1500ms);
    CHECK(!calls->position(second));
    CHECK(calls->position(third) == 1);
    end(1);
    CHECK(executor.started.back() == "3 c");
    CHECK(executor.labels.back() == third.to_string());
}

TEST_CASE_FIXTURE(fixture, "a call from within the end of another one waits behind the others") {
    std::vector<uuid> later;
    const auto first = calls->start({.function = patient, .on_end = [&](const record&) {
                                         later.push_back(start(patient, "late"));
                                     }});
    REQUIRE(std::holds_alternative<uuid>(first));
    start(patient, "b");
    start(patient, "c");
    end(0);
    CHECK(executor.started.back() == "3 b");
    CHECK(calls->position(later.front()) == 2);
}

TEST_CASE_FIXTURE(fixture, "a queue of a thousand is served in order") {
    add("popular", 2, 10s, 1000);
    executor.free = 2000;
    table many(6);
    dispatcher<scripted_executor, table, set_clock> line(functions, executor, many);
    for (int i = 0; i < 1002; ++i) {
        REQUIRE(
            std::holds_alternative<uuid>(line.start({.function = 5, .body = std::to_string(i)})));
    }
    for (std::uint64_t call = 0; call < 1002; ++call) {
        line.end(process::call_id{call}, process::returned{"9"});
    }
    CHECK(line.idle());
    REQUIRE(executor.started.size() == 1002);
    for (std::size_t i = 0; i < 1002; ++i) CHECK(executor.started[i] == "5 " + std::to_string(i));
}

TEST_CASE_FIXTURE(fixture, "the time of a call counts from the start of its run") {
    start(patient);
    const uuid second = start(patient);
    set_clock::time += 9s;
    end(0);
    CHECK(calls->next_deadline() == time_point{12h + 19s});
    set_clock::time += 9s;
    calls->meet_deadlines();
    CHECK(executor.stopped.empty());
    CHECK(state_of(second) == "RUNNING null");
}

TEST_CASE_FIXTURE(fixture, "a function with a queue waits for a process, too") {
    executor.free = 1;
    start(any);
    const uuid waiting = start(calm);
    CHECK(state_of(waiting) == "QUEUED null");
    CHECK(std::holds_alternative<no_process_left>(calls->start({.function = any})));
    end(0);
    CHECK(state_of(waiting) == "RUNNING null");
}

TEST_CASE_FIXTURE(fixture, "past the queue of a function that waits for a process none is left") {
    executor.free = 0;
    for (int i = 0; i < 3; ++i) start(calm);
    CHECK(std::holds_alternative<no_process_left>(calls->start({.function = calm})));
}

TEST_CASE_FIXTURE(fixture, "a call without a process waits where there is room") {
    calls.emplace(functions, executor, tasks, waiting_limits{.calls = 3, .calls_of_each = 1});
    executor.free = 1;
    start(any, "a");
    const uuid second = start(any, "b");
    start(any, "c");
    CHECK(state_of(second) == "QUEUED null");
    CHECK(!calls->is_full());
    start(any, "d");
    CHECK(calls->is_full());
    CHECK(calls->without_process() == 3);
    CHECK(std::holds_alternative<no_process_left>(calls->start({.function = any})));
    end(0);
    CHECK(executor.started.back() == "2 b");
    CHECK(!calls->is_full());
    start(any, "e");
}

TEST_CASE_FIXTURE(fixture,
                  "a function of which few calls wait has room beside a flood of another") {
    calls.emplace(functions, executor, tasks, waiting_limits{.calls = 3, .calls_of_each = 2});
    executor.free = 0;
    for (int i = 0; i < 3; ++i) start(any);
    for (int i = 0; i < 2; ++i) start(two);
    CHECK(std::holds_alternative<over_max_concurrency>(calls->start({.function = two})));
    CHECK(std::holds_alternative<no_process_left>(calls->start({.function = any})));
    for (int i = 0; i < 3; ++i) start(calm);
    CHECK(std::holds_alternative<no_process_left>(calls->start({.function = calm})));
}

TEST_CASE_FIXTURE(fixture, "calls in the queue of their function take no room of others") {
    calls.emplace(functions, executor, tasks,
                  waiting_limits{.calls = 1, .bytes = 10, .calls_of_each = 0});
    executor.free = 0;
    for (int i = 0; i < 3; ++i) start(calm, "a long body");
    CHECK(calls->queued(calm) == 3);
    CHECK(calls->without_process() == 0);
    CHECK(!calls->is_full());
    start(any, "short");
    CHECK(calls->is_full());
    CHECK(std::holds_alternative<no_process_left>(calls->start({.function = calm})));
    executor.free = 4;
    calls->depart(process::call_id{77}, {});
    CHECK(calls->queued(calm) == 0);
    CHECK(!calls->is_full());
}

TEST_CASE_FIXTURE(fixture, "the bodies of calls that wait have a bound together") {
    calls.emplace(functions, executor, tasks,
                  waiting_limits{.calls = 100, .bytes = 10, .calls_of_each = 0});
    executor.free = 0;
    start(any, "12345");
    CHECK(
        std::holds_alternative<no_process_left>(calls->start({.function = any, .body = "123456"})));
    const uuid last = start(any, "12345");
    CHECK(std::holds_alternative<no_process_left>(calls->start({.function = any, .body = "1"})));
    calls->terminate(last, [] {});
    start(any, "12345");
}

TEST_CASE_FIXTURE(fixture, "large bodies that wait leave room for small ones of other functions") {
    calls.emplace(functions, executor, tasks, waiting_limits{.calls = 100, .bytes = 100'000});
    executor.free = 0;
    const std::string large(100'000, 'x');
    start(any, large);
    CHECK(calls->is_full());
    start(two);
    CHECK(std::holds_alternative<no_process_left>(calls->start({.function = any, .body = large})));
    for (int i = 0; i < 15; ++i) start(any);
    CHECK(std::holds_alternative<no_process_left>(calls->start({.function = any})));
}

TEST_CASE_FIXTURE(fixture, "a body that is larger than all that may wait waits alone") {
    calls.emplace(functions, executor, tasks, waiting_limits{.calls = 100, .bytes = 10});
    executor.free = 0;
    start(any, std::string(100'000, 'x'));
    CHECK(calls->is_full());
}

TEST_CASE_FIXTURE(fixture, "calls that wait are tried again after memory was short") {
    calls.emplace(functions, executor, tasks, waiting_limits{});
    executor.free = 1;
    start(any);
    const uuid waiting = start(any);
    executor.is_out_of_memory = true;
    end(0);
    CHECK(state_of(waiting) == "QUEUED null");
    CHECK(calls->next_deadline() == set_clock::time + 100ms);
    calls->meet_deadlines();
    CHECK(state_of(waiting) == "QUEUED null");
    executor.is_out_of_memory = false;
    set_clock::time += 100ms;
    calls->meet_deadlines();
    CHECK(state_of(waiting) == "RUNNING null");
    CHECK(calls->next_deadline() == set_clock::time + 20s);
}

TEST_CASE_FIXTURE(fixture, "of several functions the one with the fewest calls at work is next") {
    calls.emplace(functions, executor, tasks, waiting_limits{});
    executor.free = 2;
    for (int i = 0; i < 10; ++i) start(any);
    set_clock::time += 1s;
    start(calm);
    end(0);
    CHECK(executor.started.back() == "4 {}");
    end(1);
    CHECK(executor.started.back() == "2 {}");
}

TEST_CASE_FIXTURE(fixture, "of several functions that wait for a process the first one gets it") {
    executor.free = 1;
    start(any);
    const uuid first = start(calm);
    set_clock::time += 1s;
    const uuid second = start(patient);
    end(0);
    CHECK(state_of(first) == "RUNNING null");
    CHECK(state_of(second) == "QUEUED null");
    end(1);
    CHECK(state_of(second) == "RUNNING null");
}

TEST_CASE_FIXTURE(fixture, "a process that is gone lets another call try") {
    executor.free = 1;
    start(any);
    const uuid waiting = start(calm);
    calls->end(process::call_id{0}, process::returned{"9"});
    CHECK(state_of(waiting) == "QUEUED null");
    executor.free = 1;
    depart(0);
    CHECK(state_of(waiting) == "RUNNING null");
}

TEST_CASE_FIXTURE(fixture, "a terminated task leaves the queue without a run") {
    start(patient);
    std::string heard;
    const auto second = calls->start(
        {.function = patient, .on_end = [&](const record& ended) { heard = ended.result; }});
    const uuid id = std::get<uuid>(second);
    const uuid third = start(patient);
    set_clock::time += 1s;
    bool gone = false;
    calls->terminate(id, [&] {
        CHECK(state_of(id) == "FAILED \"Manual Termination\"");
        gone = true;
    });
    CHECK(calls->position(third) == 1);
    CHECK(calls->queued(patient) == 1);
    CHECK(calls->next_deadline() == time_point());
    calls->meet_deadlines();
    CHECK(gone);
    CHECK(heard == "\"Manual Termination\"");
    CHECK(tasks.find(id)->how == outcome::terminated);
    CHECK(!tasks.find(id)->started);
    CHECK(tasks.find(id)->finished == wall_time{12h + 1s});
    CHECK(executor.stopped.empty());
    end(0);
    CHECK(state_of(third) == "RUNNING null");
}

TEST_CASE_FIXTURE(fixture, "a call that its caller does not wait for any longer never runs") {
    start(patient);
    std::string heard;
    const auto waiting =
        calls->start({.function = patient, .timeout = 2s, .on_end = [&](const record& ended) {
                          heard = to_string(ended.status);
                      }});
    const uuid id = std::get<uuid>(waiting);
    CHECK(calls->next_deadline() == time_point{12h + 2s});
    set_clock::time += 2s;
    calls->meet_deadlines();
    calls->meet_deadlines();
    CHECK(heard == "TIMEOUT");
    CHECK(state_of(id) == "TIMEOUT \"timeout\"");
    CHECK(!tasks.find(id)->started);
    CHECK(calls->queued(patient) == 0);
    CHECK(executor.started.size() == 1);
    CHECK(calls->next_deadline() == time_point{12h + 10s});
}

TEST_CASE_FIXTURE(fixture, "the time that a caller waits goes on while the call runs") {
    start(patient);
    REQUIRE(std::holds_alternative<uuid>(calls->start({.function = patient, .timeout = 5s})));
    set_clock::time += 4s;
    end(0);
    CHECK(calls->running(patient) == 1);
    CHECK(calls->next_deadline() == time_point{12h + 5s});
}

TEST_CASE_FIXTURE(fixture, "a call that is terminated while it waits leaves no deadline") {
    const uuid first = start(patient);
    const auto waiting = calls->start({.function = patient, .timeout = 2s});
    calls->terminate(std::get<uuid>(waiting), [] {});
    calls->meet_deadlines();
    CHECK(calls->next_deadline() == time_point{12h + 10s});
    set_clock::time += 3s;
    calls->meet_deadlines();
    CHECK(state_of(std::get<uuid>(waiting)) == "FAILED \"Manual Termination\"");
    CHECK(state_of(first) == "RUNNING null");
}

TEST_CASE_FIXTURE(fixture, "a call whose client has gone is ended, and leaves the queue") {
    const uuid running = start(patient);
    const uuid waiting = start(patient);
    calls->abandon(waiting);
    calls->abandon(running);
    calls->meet_deadlines();
    CHECK(state_of(waiting) == "FAILED \"Client Disconnected\"");
    CHECK(executor.stopped == stops{{0, 300ms}});
    end(0, process::crashed{SIGTERM, {}, ""});
    CHECK(state_of(running) == "FAILED \"Client Disconnected\"");
    CHECK(executor.started.size() == 1);
}
