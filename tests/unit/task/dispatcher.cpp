#include "dispatched.hpp"

#include <csignal>
#include <new>

using namespace test;

namespace {

/// Has no memory for what it is told, when it is asked to.
struct forgetful final : observer {
    void on_arrival(const record&) override {
        if (fails_at_arrival) throw std::bad_alloc();
    }
    void on_run(const record&) override {
        if (fails_at_run) throw std::bad_alloc();
    }
    bool fails_at_arrival = false;
    bool fails_at_run = false;
};

}  // namespace

TEST_CASE_FIXTURE(fixture, "a started call is a running task of its function") {
    const uuid id = start(two, R"({"x": 3})");
    CHECK(executor.started == std::vector<std::string>{R"(1 {"x": 3})"});
    CHECK(executor.labels == std::vector<std::string>{id.to_string()});
    CHECK(state_of(id) == "RUNNING null");
    CHECK(calls->running(two) == 1);
    CHECK(calls->running(one) == 0);
    CHECK(!calls->idle());
}

TEST_CASE_FIXTURE(fixture, "a finished call is a task with a result") {
    const uuid id = start(one);
    end(0, process::returned{"9"});
    CHECK(state_of(id) == "DONE 9");
    CHECK(tasks.find(id)->how == outcome::returned);
    CHECK(calls->running(one) == 0);
    CHECK(calls->idle());
}

TEST_CASE_FIXTURE(fixture, "a task knows when it came, when it ran and when it finished") {
    const uuid id = start(one);
    set_clock::time += 1500ms;
    end(0);
    const record& task = *tasks.find(id);
    CHECK(task.created == wall_time{12h});
    CHECK(task.started == wall_time{12h});
    CHECK(task.finished == wall_time{12h + 1500ms});
    CHECK(task.queue_wait == 0ms);
}

TEST_CASE_FIXTURE(fixture, "a result makes no room while somebody is told of it") {
    std::vector<std::string> heard;
    const auto hear = [&](const record& ended) {
        CHECK_FALSE(calls->make_room(1));
        heard.emplace_back(ended.result);
    };
    const auto started = calls->start({.function = one, .on_end = hear});
    calls->listen(std::get<uuid>(started), hear);
    end(0, process::returned{"9"});
    CHECK(heard == std::vector<std::string>{"9", "9"});
    CHECK(calls->make_room(1));
    CHECK(tasks.size() == 0);
}

TEST_CASE_FIXTURE(fixture, "a call over the limit is refused and starts nothing") {
    start(two);
    start(two);
    const auto third = calls->start({.function = two});
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
        end(call);
    }
    CHECK(executor.started.size() == 3);
}

TEST_CASE_FIXTURE(fixture, "who waits for a result may start the next call at once") {
    bool next_started = false;
    const auto first = calls->start({.function = one, .on_end = [&](const record& ended) {
                                         CHECK(ended.result == "9");
                                         const auto next = calls->start({.function = one});
                                         next_started = std::holds_alternative<uuid>(next);
                                     }});
    REQUIRE(std::holds_alternative<uuid>(first));
    end(0);
    CHECK(next_started);
    CHECK(calls->running(one) == 1);
}

TEST_CASE_FIXTURE(fixture, "a call is refused when no process is left, and leaves no trace") {
    executor.free = 0;
    bool told = false;
    const auto refused =
        calls->start({.function = any, .on_end = [&](const record&) { told = true; }});
    CHECK(std::holds_alternative<no_process_left>(refused));
    CHECK(calls->running(any) == 0);
    CHECK(tasks.size() == 0);
    CHECK(!calls->next_deadline());
    CHECK(!told);
}

TEST_CASE_FIXTURE(fixture, "a draining dispatcher finishes what it has and takes nothing new") {
    const uuid running = start(patient);
    const uuid waiting = start(patient);
    calls->drain();
    CHECK(std::holds_alternative<draining>(calls->start({.function = any})));
    end(0);
    CHECK(state_of(running) == "DONE 9");
    CHECK(!calls->idle());
    end(1);
    CHECK(state_of(waiting) == "DONE 9");
    CHECK(calls->idle());
}

TEST_CASE_FIXTURE(fixture, "the report of a call that nobody knows is ignored") {
    start(any);
    end(99);
    depart(99);
    CHECK(calls->running(any) == 1);
}

TEST_CASE_FIXTURE(fixture, "a call over its time is stopped once, and is a timeout when it ends") {
    const uuid id = start(two);
    CHECK(calls->next_deadline() == time_point{12h + 5s});

    set_clock::time += 5s - 1ns;
    calls->meet_deadlines();
    CHECK(executor.stopped.empty());

    set_clock::time += 1ns;
    calls->meet_deadlines();
    calls->meet_deadlines();
    CHECK(executor.stopped == stops{{0, 300ms}});
    CHECK(!calls->next_deadline());
    CHECK(calls->running(two) == 1);

    end(0, process::crashed{SIGTERM, {}, ""});
    CHECK(state_of(id) == "TIMEOUT \"timeout\"");
    CHECK(tasks.find(id)->how == outcome::timed_out);
    CHECK(calls->running(two) == 0);
}

TEST_CASE_FIXTURE(fixture, "a caller may tighten the timeout of the function") {
    REQUIRE(std::holds_alternative<uuid>(calls->start({.function = two, .timeout = 1500ms})));
    CHECK(calls->next_deadline() == time_point{12h + 1500ms});
}

TEST_CASE_FIXTURE(fixture, "a caller cannot loosen the timeout of the function") {
    REQUIRE(std::holds_alternative<uuid>(calls->start({.function = two, .timeout = 6s})));
    CHECK(calls->next_deadline() == time_point{12h + 5s});
}

TEST_CASE_FIXTURE(fixture, "the next deadline is the earliest of timeouts and expiries") {
    start(any);
    CHECK(calls->next_deadline() == time_point{12h + 20s});
    start(two);
    CHECK(calls->next_deadline() == time_point{12h + 5s});
    end(1);
    CHECK(calls->next_deadline() == time_point{12h + 20s});
    end(0);
    CHECK(calls->next_deadline() == time_point{12h + 100s});
}

TEST_CASE_FIXTURE(fixture, "a result expires at its deadline") {
    const uuid id = start(any);
    end(0);
    set_clock::time += 100s;
    calls->meet_deadlines();
    CHECK(tasks.find(id) == nullptr);
    CHECK(!calls->next_deadline());
}

TEST_CASE_FIXTURE(fixture, "progress and log are asked of the task's own call") {
    start(any);
    const uuid id = start(any);
    CHECK(calls->progress(id)->message == "1");
    CHECK(calls->log(id).text == "log of 1");
}

TEST_CASE_FIXTURE(fixture, "a task that waits has neither progress nor a log") {
    start(patient);
    const uuid id = start(patient);
    CHECK(!calls->progress(id));
    CHECK(calls->log(id).text == "");
}

TEST_CASE_FIXTURE(fixture, "a log is the executor's until the process is gone, then the record's") {
    const uuid id = start(one);
    end(0);
    CHECK(calls->log(id).text == "log of 0");
    std::string heard;
    calls->when_gone(id, [&] { heard = tasks.find(id)->particulars->log.text; });
    CHECK(heard == "");
    depart(0, {{.user = 30ms}, {0, "printed"}});
    CHECK(heard == "printed");
    CHECK(tasks.find(id)->used->user == 30ms);
    CHECK(calls->log(id).text == "");
}

TEST_CASE_FIXTURE(fixture, "a task that nobody knows, or knows any more, is gone") {
    bool gone = false;
    calls->when_gone(uuid(), [&] { gone = true; });
    CHECK(gone);
}

TEST_CASE_FIXTURE(fixture, "where nothing is kept, who waits still gets the result") {
    table forgetful(5, {.max_finished_tasks = 0});
    dispatcher<scripted_executor, table, set_clock> brief(functions, executor, forgetful);
    std::string heard;
    const auto hear = [&](const record& ended) { heard += ended.result; };
    const auto started = brief.start({.function = any, .on_end = hear});
    brief.terminate(std::get<uuid>(started), [&] { heard += '!'; });
    brief.end(process::call_id{0}, process::returned{"9"});
    CHECK(heard == "\"Manual Termination\"");
    CHECK(forgetful.size() == 0);
    brief.depart(process::call_id{0}, {});
    CHECK(heard == "\"Manual Termination\"!");
}

TEST_CASE_FIXTURE(fixture, "a call that there is no memory for was never there") {
    forgetful watching;
    table kept{5, {}, &watching};
    dispatcher<scripted_executor, table, set_clock> all(functions, executor, kept);
    for (std::uint64_t call = 0; call < 2; ++call) {
        watching.fails_at_arrival = call == 0;
        watching.fails_at_run = call == 1;
        CHECK_THROWS_AS(static_cast<void>(all.start({.function = patient, .body = "{}"})),
                        std::bad_alloc);
        CHECK(executor.stopped.back() == std::pair(call, 0ms));
        CHECK(all.idle());
        CHECK(all.running(patient) == 0);
        CHECK(!all.next_deadline());
        all.end(process::call_id{call}, process::returned{"9"});
        all.depart(process::call_id{call}, {});
        CHECK(kept.size() == 0);
    }

    watching.fails_at_run = false;
    REQUIRE(std::holds_alternative<uuid>(all.start({.function = patient, .body = "{}"})));
    watching.fails_at_arrival = true;
    CHECK_THROWS_AS(static_cast<void>(all.start({.function = patient, .body = "{}"})),
                    std::bad_alloc);
    CHECK(all.running(patient) == 1);
    CHECK(all.queued(patient) == 0);
    CHECK(kept.size() == 1);
}
