#include <restful_functions/api/json_task.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <csignal>
#include <cstddef>
#include <limits>
#include <memory>
#include <string>

using namespace std::chrono_literals;
using namespace restful_functions::task;
namespace api = restful_functions::api;
namespace json = restful_functions::json;
namespace process = restful_functions::process;

namespace {

constexpr const char* nobody = "00000000-0000-0000-0000-000000000000";
const wall_time high_noon{12h};

struct task_fixture {
    task_fixture() {
        restful_functions::function_definition f;
        f.name = "f";
        functions.add(std::move(f));
        task.created = high_noon;
    }

    void end(state status, outcome how, std::string result) {
        task.status = status;
        task.how = how;
        task.result = std::move(result);
        task.started = high_noon + 1s;
        task.queue_wait = 999ms;
        task.finished = high_noon + 2s;
        task.particulars = std::make_unique<particulars>();
    }

    // What comes after the members that each task has.
    std::string rest(const api::standing& now = {}) const {
        const std::string text = api::json_task(functions, task, now, "../../").text();
        CHECK(json::is_valid(text));
        const std::string last = "\"queue_wait\": ";
        return text.substr(text.find(',', text.find(last)));
    }

    restful_functions::registry functions;
    record task;
};

}  // namespace

TEST_CASE_FIXTURE(task_fixture, "a task that waits has no times yet, but has waited so far") {
    CHECK(api::json_task(functions, task, {.now = high_noon + 1500ms, .position = 2}, "../../") ==
          std::string("{\"task_id\": \"") + nobody +
              "\", \"function_name\": \"f\", \"status\": \"QUEUED\", \"result\": null, "
              "\"outcome\": null, \"created\": \"1970-01-01T12:00:00.000Z\", \"started\": null, "
              "\"finished\": null, \"queue_wait\": 1.5, \"position\": 2}");
}

TEST_CASE_FIXTURE(task_fixture,
                  "a clock that was set back lets nobody wait for less than nothing") {
    const auto text = api::json_task(functions, task, {.now = high_noon - 1h}, "../../").text();
    CHECK(text.ends_with("\"queue_wait\": 0}"));
}

TEST_CASE_FIXTURE(task_fixture, "a long result is shared with the record, wherever it stands") {
    end(state::failed, outcome::threw, '"' + std::string(1'000'000, 'x') + '"');
    task.particulars->cause = thrown{"std::runtime_error"};
    const auto text = api::json_task(functions, task, {}, "../../");
    CHECK(json::is_valid(text.text()));
    CHECK(text.own_size() < 1000);
    int found = 0;
    for (std::size_t at = 0; at < text.size(); at += text.rest_of_piece(at).size())
        found += text.rest_of_piece(at).data() == task.result.view().data() ? 1 : 0;
    CHECK(found == 2);
}

TEST_CASE_FIXTURE(task_fixture, "a finished task has all of its times") {
    end(state::done, outcome::returned, "9");
    CHECK(api::json_task(functions, task, {}, "../../") ==
          std::string("{\"task_id\": \"") + nobody +
              "\", \"function_name\": \"f\", \"status\": \"DONE\", \"result\": 9, "
              "\"outcome\": \"returned\", \"created\": \"1970-01-01T12:00:00.000Z\", "
              "\"started\": \"1970-01-01T12:00:01.000Z\", "
              "\"finished\": \"1970-01-01T12:00:02.000Z\", \"queue_wait\": 0.999}");
}

TEST_CASE_FIXTURE(task_fixture, "progress is shown as the function told it") {
    task.status = state::running;
    task.started = high_noon;
    CHECK(rest({.progress = process::progress_report{0.42, "a \"message\"\n"}}) ==
          ", \"progress\": {\"fraction\": 0.42, \"message\": \"a \\\"message\\\"\\n\"}}");
    const double nan = std::numeric_limits<double>::quiet_NaN();
    CHECK(rest({.progress = process::progress_report{nan, "\xFF"}}) ==
          ", \"progress\": {\"fraction\": null, \"message\": \"\xEF\xBF\xBD\"}}");
}

TEST_CASE_FIXTURE(task_fixture, "an exception has its type, and its message once more") {
    end(state::failed, outcome::threw, "\"why\"");
    task.particulars->cause = thrown{"std::runtime_error"};
    CHECK(rest() == ", \"exception\": {\"type\": \"std::runtime_error\", \"what\": \"why\"}}");
}

TEST_CASE_FIXTURE(task_fixture, "a crash has its signal, its address and its backtrace") {
    end(state::failed, outcome::crashed, "\"killed\"");
    task.particulars->cause = process::crashed{SIGSEGV, 0x8, "f+0x10\nmain \"x\"\n"};
    CHECK(rest() ==
          ", \"crash\": {\"signal\": \"SIGSEGV\", \"number\": 11, \"address\": \"0x8\", "
          "\"backtrace\": [\"f+0x10\", \"main \\\"x\\\"\"]}}");
    task.particulars->cause = process::crashed{SIGKILL, {}, ""};
    CHECK(rest() ==
          ", \"crash\": {\"signal\": \"SIGKILL\", \"number\": 9, \"address\": null, "
          "\"backtrace\": []}}");
}

TEST_CASE_FIXTURE(task_fixture, "a process that left has its exit status") {
    end(state::failed, outcome::exited, "\"left\"");
    task.particulars->cause = process::exited{3};
    CHECK(rest() == ", \"exit_status\": 3}");
}

TEST_CASE_FIXTURE(task_fixture,
                  "a task that was made to end tells since when, and how long it took") {
    end(state::failed, outcome::terminated, "\"Manual Termination\"");
    task.particulars->stop = stop{high_noon + 1s, 250ms};
    CHECK(rest() == ", \"stop\": {\"requested\": \"1970-01-01T12:00:01.000Z\", \"took\": 0.25}}");
}

TEST_CASE_FIXTURE(task_fixture, "what the process used is shown in full") {
    end(state::done, outcome::returned, "9");
    task.used = process::usage{30ms, 5us, 4096, 7, 1};
    CHECK(rest() ==
          ", \"usage\": {\"user_seconds\": 0.03, \"system_seconds\": 0.000005, "
          "\"peak_resident_bytes\": 4096, \"minor_faults\": 7, \"major_faults\": 1}}");
}

TEST_CASE_FIXTURE(task_fixture, "a log tells its size, while the process is there and afterwards") {
    end(state::done, outcome::returned, "9");
    CHECK(rest({.log_bytes = 1007}) == ", \"log\": {\"bytes\": 1007}}");
    task.particulars->log = {1000, "printed"};
    CHECK(rest() == ", \"log\": {\"bytes\": 1007}}");
}
