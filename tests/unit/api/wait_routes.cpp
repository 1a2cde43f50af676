#include <restful_functions/api/wait_routes.hpp>

#include "served.hpp"

using namespace test;

TEST_CASE("who waits for a task gets it at the moment it ends") {
    served s;
    const auto id = s.start("waits");
    const auto waiting = s.send("GET", "/task/wait/" + id);
    CHECK(!waiting->has_value());
    s.ask("POST", "/terminate/task/" + id);
    const auto response = s.wait(waiting);
    CHECK(response.status == 200);
    CHECK(response.body.text().starts_with("{\"task_id\": \"" + id + "\""));
    CHECK(response.body.text().find("\"Manual Termination\"") != std::string::npos);
}

TEST_CASE("who has waited long enough gets the task as it is") {
    served s;
    const auto id = s.start("waits");
    CHECK(s.get("/task/wait/" + id + "?timeout=0.05").body.text().find("\"RUNNING\"") !=
          std::string::npos);
    CHECK(s.get("/task/wait/" + id + "?timeout=0").body.text().find("\"RUNNING\"") !=
          std::string::npos);
    s.ask("POST", "/terminate/task/" + id);
}

TEST_CASE("a task that has ended is not waited for") {
    served s;
    const auto id = s.start("greet");
    s.wait_until_idle();
    const auto response = s.send("GET", "/task/wait/" + id);
    REQUIRE(response->has_value());
    CHECK((*response)->body.text().find("\"DONE\"") != std::string::npos);
}

TEST_CASE("a wait for nothing, and for no time, is refused") {
    served s;
    const auto id = s.start("waits");
    for (const char* bad : {"?timeout=", "?timeout=soon", "?timeout=-1", "?timeout=%"}) {
        CHECK(s.get("/task/wait/" + id + bad).status == 400);
    }
    CHECK(s.get("/task/wait/00000000-0000-4000-8000-000000000000").status == 404);
}
