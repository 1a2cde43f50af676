#include "../address_sanitizer.hpp"
#include "../text_parts.hpp"
#include "served.hpp"

using namespace test;

namespace {

// The members that each task has had from the beginning, up to the result.
std::string info(const std::string& id, const std::string& name, const std::string& status,
                 const std::string& result) {
    return "{\"task_id\": \"" + id + "\", \"function_name\": \"" + name + "\", \"status\": \"" +
           status + "\", \"result\": " + result + ", \"outcome\": ";
}

}  // namespace

TEST_CASE("a running task has no result yet") {
    served s;
    const auto id = s.start("multi");
    const auto response = s.get("/task/info/" + id);
    CHECK(response.status == 200);
    CHECK(header(response, "Content-Type") == "application/json");
    CHECK(response.body.text().starts_with(info(id, "multi", "RUNNING", "null")));
    CHECK(s.get("/task/done/" + id).body == "false");
    CHECK(s.get("/task/result/" + id).body == "null");
}

TEST_CASE("answers share a long result") {
    auto options = few_processes();
    options.executor.max_payload = 8 << 20;
    served s(options);
    const auto call = s.ask("POST", "/large/keep-connection", R"({"bytes": 5000000})");
    const char* const bytes = call.body.rest_of_piece(0).data();
    const std::string tasks = s.get("/task/list/large").body.text();
    const std::string id = tasks.substr(tasks.find("task_id") + 11, 36);
    CHECK(s.get("/task/result/" + id).body.rest_of_piece(0).data() == bytes);
    for (const char* path : {"/task/info/", "/task/wait/"}) {
        for (const char* method : {"GET", "HEAD"}) {
            const auto answer = s.ask(method, path + id);
            CHECK(answer.body.size() > 5'000'000);
            CHECK(answer.body.own_size() < 1000);
            CHECK(answer.body.rest_of_piece(answer.body.rest_of_piece(0).size()).data() == bytes);
        }
    }
}

TEST_CASE("a done task has its result") {
    served s;
    const auto id = s.start("addition", "{\"x\":3, \"y\":6}");
    s.wait_until_idle();
    CHECK(s.info(id).starts_with(info(id, "addition", "DONE", "9")));
    CHECK(s.get("/task/done/" + id).body == "true");
    const auto result = s.get("/task/result/" + id);
    CHECK(result.body == "9");
    CHECK(header(result, "Content-Type") == "application/json");
}

TEST_CASE("text in results is embedded as the function wrote it") {
    served s;
    const auto id = s.start("greet");
    s.wait_until_idle();
    CHECK(s.info(id).starts_with(info(id, "greet", "DONE", "\"größe \\\"1\\\"\"")));
}

TEST_CASE("a failed task's result says why") {
    served s;
    const auto throws = s.start("throws");
    const auto crashes = s.start("crashes");
    const auto leaves = s.start("leaves");
    s.wait_until_idle();
    CHECK(s.info(throws).starts_with(info(throws, "throws", "FAILED", "\"no \\\"luck\\\"\"")));
    CHECK(s.info(crashes).starts_with(
        info(crashes, "crashes", "FAILED", "\"killed by SIGSEGV (Segmentation fault)\"")));
    CHECK(s.info(leaves).starts_with(
        info(leaves, "leaves", "FAILED", "\"exited with status 3 before returning\"")));
}

TEST_CASE("a task over its time is a timeout") {
    served s;
    const auto id = s.start("late");
    s.wait_until_idle();
    CHECK(s.info(id).starts_with(info(id, "late", "TIMEOUT", "\"timeout\"")));
}

TEST_CASE("the tasks of a function are listed oldest first") {
    served s;
    CHECK(s.get("/task/list/multi").body == "[]");
    const auto first = s.start("multi");
    const auto second = s.start("multi");
    s.start("greet");
    const std::string list = s.get("/task/list/multi").body.text();
    CHECK(rf::json::is_valid(list));
    CHECK(list.starts_with("[" + info(first, "multi", "RUNNING", "null")));
    CHECK(contains(list, "}, " + info(second, "multi", "RUNNING", "null")));
    CHECK(!contains(list, "greet"));
}

TEST_CASE("a task tells its outcome and its times in order") {
    served s;
    const auto id = s.start("addition", "{\"x\":3, \"y\":6}");
    CHECK(contains(s.info(id), "\"outcome\": null, \"created\": \""));
    const std::string end = s.end_of(id);
    CHECK(rf::json::is_valid(end));
    CHECK(contains(end, "\"outcome\": \"returned\""));
    const auto time = [&](const std::string& name) {
        const auto at = end.find("\"" + name + "\": \"") + name.size() + 5;
        return end.substr(at, std::string_view("2026-11-22T12:33:01.042Z").size());
    };
    CHECK(time("created").ends_with("Z"));
    CHECK(time("created") <= time("started"));
    CHECK(time("started") <= time("finished"));
    CHECK(contains(end, "\"queue_wait\": 0"));
    CHECK(contains(end, "\"usage\": {\"user_seconds\": "));
    CHECK(contains(end, "\"peak_resident_bytes\": "));
}

TEST_CASE("a null pointer's write is a crash with its address and the function's name") {
    served s;
    const std::string end = s.end_of(s.start("crashes"));
    CHECK(rf::json::is_valid(end));
    CHECK(contains(end, "\"outcome\": \"crashed\""));
    CHECK(contains(end,
                   "\"crash\": {\"signal\": \"SIGSEGV\", \"number\": 11, \"address\": \"0x8\", "
                   "\"backtrace\": ["));
    CHECK(contains(end, "write_to"));
}

TEST_CASE("what the function threw is told with its type") {
    served s;
    const std::string end = s.end_of(s.start("throws"));
    CHECK(contains(end, "\"outcome\": \"threw\""));
    CHECK(contains(end,
                   "\"exception\": {\"type\": \"std::runtime_error\", "
                   "\"what\": \"no \\\"luck\\\"\"}"));
}

TEST_CASE("a process that left is told with its exit status") {
    served s;
    const std::string end = s.end_of(s.start("leaves"));
    CHECK(contains(end, "\"outcome\": \"exited\""));
    CHECK(contains(end, "\"exit_status\": 3"));
}

TEST_CASE("a call that wants more memory than its function may have ends alone" *
          doctest::skip(test::address_sanitizer)) {
    served s;
    const auto other = s.start("waits");
    const std::string end = s.end_of(s.start("hungry"));
    CHECK(contains(end, "\"result\": \"out of memory (limit 67108864 bytes)\""));
    CHECK(contains(end, "\"outcome\": \"out_of_memory\""));
    CHECK(s.get("/task/done/" + other).body == "false");
}

TEST_CASE("a call that wants more of the processor than its function may have is ended") {
    served s;
    const std::string end = s.end_of(s.start("busy"));
    CHECK(contains(end, "\"result\": \"used more than 1 s of processor time\""));
    CHECK(contains(end, "\"outcome\": \"cpu_limit\""));
}

TEST_CASE("progress is shown while the call runs") {
    served s;
    const auto id = s.start("reports");
    s.follow("/task/info/" + id, [](const auto& text) {
        return text.find(
                   "\"progress\": {\"fraction\": 0.25, \"message\": \"a \\\"quarter\\\"\"}") !=
               std::string::npos;
    });
    s.ask("POST", "/terminate/task/" + id);
    CHECK(!contains(s.info(id), "\"progress\""));
}

TEST_CASE("a task that waits tells its place, and moves up") {
    served s;
    const auto first = s.start("patient");
    const auto second = s.start("patient");
    const auto third = s.start("patient");
    CHECK(s.info(second).starts_with(info(second, "patient", "QUEUED", "null")));
    CHECK(contains(s.info(second), "\"position\": 1"));
    CHECK(contains(s.get("/task/list/patient").body.text(), "\"position\": 2"));
    CHECK(s.get("/task/done/" + third).body == "false");
    CHECK(s.get("/function/running-count/patient").body == "1");
    s.ask("POST", "/terminate/task/" + first);
    CHECK(s.info(second).starts_with(info(second, "patient", "RUNNING", "null")));
    CHECK(!contains(s.info(second), "\"position\""));
    CHECK(contains(s.info(third), "\"position\": 1"));
}

TEST_CASE("a task that waits is terminated without a run") {
    served s;
    s.start("patient");
    const auto id = s.start("patient");
    CHECK(s.ask("POST", "/terminate/task/" + id).body == "{}");
    CHECK(s.info(id).starts_with(info(id, "patient", "FAILED", "\"Manual Termination\"")));
    CHECK(contains(s.info(id), "\"outcome\": \"terminated\""));
    CHECK(contains(s.info(id), "\"started\": null"));
}

TEST_CASE("a terminated task is answered when it has ended") {
    served s;
    const auto id = s.start("multi");
    const auto terminated = s.ask("POST", "/terminate/task/" + id);
    CHECK(terminated.status == 200);
    CHECK(terminated.body == "{}");
    CHECK(header(terminated, "Content-Type") == "application/json");
    CHECK(s.info(id).starts_with(info(id, "multi", "FAILED", "\"Manual Termination\"")));
}

TEST_CASE("a task that ignores SIGTERM is killed with its children after its grace") {
    served s;
    const auto id = s.start("stubborn");
    const auto log =
        s.follow("/task/log/" + id, [](const auto& text) { return text.ends_with('\n'); });
    const pid_t group = std::stoi(log.body.text());
    CHECK(::kill(-group, 0) == 0);
    s.ask("POST", "/terminate/task/" + id);
    // Killed it is, but a process is in its group until somebody has waited for it.
    s.follow("/task/info/" + id, [&](const auto&) { return ::kill(-group, 0) == -1; });
    CHECK(contains(s.info(id), "\"outcome\": \"terminated\""));
    CHECK(contains(s.info(id), "\"stop\": {\"requested\": \""));
    CHECK(contains(s.info(id), "\"took\": 0."));
    CHECK(contains(s.info(id), "\"usage\": {"));
}

TEST_CASE("a terminated function ends all its tasks and no others") {
    served s;
    const auto first = s.start("multi");
    const auto second = s.start("multi");
    const auto other = s.start("waits");
    const auto terminated = s.ask("POST", "/terminate/function/multi");
    CHECK(terminated.status == 200);
    CHECK(terminated.body == "{}");
    for (const auto& id : {first, second}) {
        CHECK(s.get("/task/result/" + id).body == "\"Manual Termination\"");
    }
    CHECK(s.get("/task/done/" + other).body == "false");
}

TEST_CASE("terminating what has ended changes nothing") {
    served s;
    const auto id = s.start("addition", "{\"x\":3, \"y\":6}");
    s.wait_until_idle();
    CHECK(s.ask("POST", "/terminate/task/" + id).body == "{}");
    CHECK(s.ask("POST", "/terminate/function/addition").body == "{}");
    CHECK(s.info(id).starts_with(info(id, "addition", "DONE", "9")));
}

TEST_CASE("tasks are read with GET and terminated with POST only") {
    served s;
    const auto id = s.start("greet");
    const auto posted = s.ask("POST", "/task/info/" + id);
    CHECK(posted.status == 405);
    CHECK(header(posted, "Allow") == "GET, HEAD, OPTIONS");
    const auto got = s.get("/terminate/task/" + id);
    CHECK(got.status == 405);
    CHECK(header(got, "Allow") == "POST, OPTIONS");
}
