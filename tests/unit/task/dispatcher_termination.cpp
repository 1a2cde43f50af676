#include "dispatched.hpp"

#include <csignal>

using namespace test;

TEST_CASE_FIXTURE(fixture, "a terminated task has ended when its terminator hears of it") {
    const uuid id = start(one);
    bool gone = false;
    calls->terminate(id, [&] { gone = true; });
    CHECK(executor.stopped == stops{{0, 300ms}});
    CHECK(state_of(id) == "RUNNING null");
    end(0, process::crashed{SIGTERM, {}, ""});
    CHECK(state_of(id) == "FAILED \"Manual Termination\"");
    CHECK(!gone);
    depart(0);
    CHECK(gone);
}

TEST_CASE_FIXTURE(fixture, "a task that was made to end tells how long that took") {
    const uuid id = start(one);
    set_clock::time += 1s;
    calls->terminate(id, [] {});
    set_clock::time += 250ms;
    end(0, process::crashed{SIGKILL, {}, ""});
    CHECK(tasks.find(id)->particulars->stop->requested == wall_time{12h + 1s});
    CHECK(tasks.find(id)->particulars->stop->took == 250ms);
}

TEST_CASE_FIXTURE(fixture, "terminating twice stops once and tells both") {
    const uuid id = start(one);
    int told = 0;
    calls->terminate(id, [&] { ++told; });
    calls->terminate(id, [&] { ++told; });
    end(0, process::crashed{SIGTERM, {}, ""});
    depart(0);
    CHECK(executor.stopped.size() == 1);
    CHECK(told == 2);
}

TEST_CASE_FIXTURE(fixture, "who waits for the result of a terminated task hears of it") {
    std::string heard;
    const auto started = calls->start(
        {.function = one, .on_end = [&](const record& ended) { heard = ended.result; }});
    calls->terminate(std::get<uuid>(started), [] {});
    end(0, process::crashed{SIGTERM, {}, ""});
    CHECK(heard == "\"Manual Termination\"");
}

TEST_CASE_FIXTURE(fixture, "what a terminated task still returns within its grace is not used") {
    const uuid id = start(one);
    calls->terminate(id, [] {});
    end(0, process::returned{"9"});
    CHECK(state_of(id) == "FAILED \"Manual Termination\"");
}

TEST_CASE_FIXTURE(fixture, "a task that had its result before it was terminated stays done") {
    const uuid id = start(one);
    executor.stoppable = false;
    bool gone = false;
    calls->terminate(id, [&] { gone = true; });
    end(0, process::returned{"9"});
    depart(0);
    CHECK(gone);
    CHECK(state_of(id) == "DONE 9");
    CHECK(tasks.find(id)->particulars == nullptr);
}

TEST_CASE_FIXTURE(fixture, "a task that was terminated before its timeout is no timeout") {
    const uuid id = start(two);
    calls->terminate(id, [] {});
    set_clock::time += 5s;
    calls->meet_deadlines();
    end(0, process::crashed{SIGKILL, {}, ""});
    CHECK(executor.stopped.size() == 1);
    CHECK(state_of(id) == "FAILED \"Manual Termination\"");
}

TEST_CASE_FIXTURE(fixture, "terminating an ended task says so at once and changes nothing") {
    const uuid id = start(one);
    end(0);
    depart(0);
    bool gone = false;
    calls->terminate(id, [&] { gone = true; });
    CHECK(gone);
    CHECK(executor.stopped.empty());
    CHECK(state_of(id) == "DONE 9");
}

TEST_CASE_FIXTURE(fixture, "terminating a function waits for all of its tasks and for no others") {
    const uuid other = start(any);
    start(two);
    start(two);
    bool gone = false;
    calls->terminate_function(two, [&] { gone = true; });
    CHECK(executor.stopped.size() == 2);
    end(1, process::crashed{SIGTERM, {}, ""});
    end(2);
    depart(1);
    CHECK(!gone);
    depart(2);
    CHECK(gone);
    CHECK(state_of(other) == "RUNNING null");
}

TEST_CASE_FIXTURE(fixture, "terminating a function empties its queue, and starts nothing of it") {
    const uuid running = start(patient);
    const uuid waiting = start(patient);
    bool gone = false;
    calls->terminate_function(patient, [&] { gone = true; });
    end(0, process::crashed{SIGTERM, {}, ""});
    calls->meet_deadlines();
    CHECK(!gone);
    depart(0);
    CHECK(gone);
    CHECK(state_of(running) == "FAILED \"Manual Termination\"");
    CHECK(state_of(waiting) == "FAILED \"Manual Termination\"");
    CHECK(executor.started.size() == 1);
    CHECK(calls->idle());
}

TEST_CASE_FIXTURE(fixture, "terminating a function that does not run is over at once") {
    start(any);
    bool gone = false;
    calls->terminate_function(two, [&] { gone = true; });
    CHECK(gone);
    CHECK(executor.stopped.empty());
}

TEST_CASE_FIXTURE(fixture, "everything can be terminated, each with its grace") {
    start(one);
    start(two);
    start(patient);
    const uuid waiting = start(patient);
    calls->terminate_all();
    CHECK(executor.stopped.size() == 3);
    CHECK(executor.stopped.front().second == 300ms);
    calls->meet_deadlines();
    CHECK(state_of(waiting) == "FAILED \"Manual Termination\"");
}

TEST_CASE_FIXTURE(fixture, "everything can be killed, also what has grace left") {
    const uuid id = start(one);
    calls->terminate_all();
    calls->kill_all();
    CHECK(executor.stopped == stops{{0, 300ms}, {0, 0ms}});
    end(0, process::crashed{SIGKILL, {}, ""});
    CHECK(state_of(id) == "FAILED \"Manual Termination\"");
}
