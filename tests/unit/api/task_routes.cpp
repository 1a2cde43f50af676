#include "served.hpp"

using namespace test;

namespace {

std::string info(const std::string& id, const std::string& name, const std::string& status,
                 const std::string& result) {
    return "{\"task_id\": \"" + id + "\", \"function_name\": \"" + name + "\", \"status\": \"" +
           status + "\", \"result\": " + result + "}";
}

}  // namespace

TEST_CASE("a running task has no result yet") {
    served s;
    const auto id = s.start("multi");
    const auto response = s.get("/task/info/" + id);
    CHECK(response.status == 200);
    CHECK(header(response, "Content-Type") == "application/json");
    CHECK(response.body == info(id, "multi", "RUNNING", "null"));
    CHECK(s.get("/task/done/" + id).body == "false");
    CHECK(s.get("/task/result/" + id).body == "null");
}

TEST_CASE("a done task has its result") {
    served s;
    const auto id = s.start("addition", "{\"x\":3, \"y\":6}");
    s.wait_until_idle();
    CHECK(s.get("/task/info/" + id).body == info(id, "addition", "DONE", "9"));
    CHECK(s.get("/task/done/" + id).body == "true");
    const auto result = s.get("/task/result/" + id);
    CHECK(result.body == "9");
    CHECK(header(result, "Content-Type") == "application/json");
}

TEST_CASE("text in results is embedded as the function wrote it") {
    served s;
    const auto id = s.start("greet");
    s.wait_until_idle();
    CHECK(s.get("/task/info/" + id).body == info(id, "greet", "DONE", "\"größe \\\"1\\\"\""));
}

TEST_CASE("a failed task's result says why") {
    served s;
    const auto throws = s.start("throws");
    const auto crashes = s.start("crashes");
    const auto leaves = s.start("leaves");
    s.wait_until_idle();
    CHECK(s.get("/task/info/" + throws).body ==
          info(throws, "throws", "FAILED", "\"no \\\"luck\\\"\""));
    CHECK(s.get("/task/info/" + crashes).body ==
          info(crashes, "crashes", "FAILED", "\"killed by SIGSEGV (Segmentation fault)\""));
    CHECK(s.get("/task/info/" + leaves).body ==
          info(leaves, "leaves", "FAILED", "\"exited with status 3 before returning\""));
}

TEST_CASE("a task over its time is a timeout") {
    served s;
    const auto id = s.start("late");
    s.wait_until_idle();
    CHECK(s.get("/task/info/" + id).body == info(id, "late", "TIMEOUT", "\"timeout\""));
}

TEST_CASE("the tasks of a function are listed oldest first") {
    served s;
    CHECK(s.get("/task/list/multi").body == "[]");
    const auto first = s.start("multi");
    const auto second = s.start("multi");
    s.start("greet");
    CHECK(s.get("/task/list/multi").body == "[" + info(first, "multi", "RUNNING", "null") + ", " +
                                                info(second, "multi", "RUNNING", "null") + "]");
}

TEST_CASE("a terminated task is answered when it has ended") {
    served s;
    const auto id = s.start("multi");
    const auto terminated = s.ask("POST", "/terminate/task/" + id);
    CHECK(terminated.status == 200);
    CHECK(terminated.body == "{}");
    CHECK(header(terminated, "Content-Type") == "application/json");
    CHECK(s.get("/task/info/" + id).body == info(id, "multi", "FAILED", "\"Manual Termination\""));
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
    CHECK(s.get("/task/info/" + id).body == info(id, "addition", "DONE", "9"));
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
