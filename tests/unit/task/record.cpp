#include <restful_functions/task/record.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <string>

using namespace restful_functions::task;
namespace process = restful_functions::process;

TEST_CASE("states have their names on the wire") {
    CHECK(to_string(state::queued) == "QUEUED");
    CHECK(to_string(state::running) == "RUNNING");
    CHECK(to_string(state::done) == "DONE");
    CHECK(to_string(state::failed) == "FAILED");
    CHECK(to_string(state::timeout) == "TIMEOUT");
}

TEST_CASE("a task has ended when it neither waits nor runs") {
    for (const state unfinished : {state::queued, state::running}) CHECK(!has_ended(unfinished));
    for (const state end : {state::done, state::failed, state::timeout}) CHECK(has_ended(end));
}

TEST_CASE("outcomes have their names on the wire") {
    CHECK(to_string(outcome::returned) == "returned");
    CHECK(to_string(outcome::threw) == "threw");
    CHECK(to_string(outcome::crashed) == "crashed");
    CHECK(to_string(outcome::exited) == "exited");
    CHECK(to_string(outcome::out_of_memory) == "out_of_memory");
    CHECK(to_string(outcome::cpu_limit) == "cpu_limit");
    CHECK(to_string(outcome::timed_out) == "timed_out");
    CHECK(to_string(outcome::terminated) == "terminated");
    CHECK(to_string(outcome::result_too_large) == "result_too_large");
    CHECK(to_string(outcome::lost) == "lost");
}

TEST_CASE("a new record waits, and its result is null") {
    const record fresh;
    CHECK(fresh.status == state::queued);
    CHECK(fresh.result == "null");
    CHECK(!fresh.how);
    CHECK(!fresh.started);
    CHECK(!fresh.finished);
}

TEST_CASE("a record's text is its result, its log, its backtrace and the type it threw") {
    record task;
    task.result = "\"1234\"";
    CHECK(text_bytes(task) == 6);
    task.particulars = std::make_unique<particulars>();
    CHECK(text_bytes(task) == 6);
    task.particulars->log = {1000, "printed"};
    CHECK(text_bytes(task) == 6 + 7);
    task.particulars->cause = thrown{"int"};
    CHECK(text_bytes(task) == 6 + 7 + 3);
    task.particulars->cause = process::crashed{11, 0x8, "f\nmain"};
    CHECK(text_bytes(task) == 6 + 7 + 6);
}

TEST_CASE("a log counts from its first byte, also from those that are not kept") {
    CHECK(log_bytes({}) == 0);
    CHECK(log_bytes({1000, "printed"}) == 1007);
}
