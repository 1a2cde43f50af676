#include "served.hpp"

using namespace test;

TEST_CASE("the root lists the main paths, and the OpenAPI document has them and all others") {
    served s;
    const auto response = s.get("/");
    CHECK(response.status == 200);
    CHECK(header(response, "Content-Type") == "text/plain; charset=utf-8");
    CHECK(response.body ==
          "/function/list/data\n"
          "/function/list/text\n"
          "/function/definition/{function_name}\n"
          "/function/running-count/{function_name}\n"
          "/task/info/{task_id}\n"
          "/task/done/{task_id}\n"
          "/task/result/{task_id}\n"
          "/task/list/{function_name}\n"
          "/terminate/function/{function_name}\n"
          "/terminate/task/{task_id}\n");
    const std::string all = s.get("/openapi.json").body.text();
    const std::string list = response.body.text();
    for (std::size_t at = 0; at < list.size();) {
        const std::size_t end = list.find('\n', at);
        const std::string path = list.substr(at, end - at);
        CAPTURE(path);
        CHECK(all.find('"' + path + '"') != all.npos);
        at = end + 1;
    }
    for (const char* other : {"/task/wait/{task_id}", "/events", "/metrics", "/greet"}) {
        CHECK(all.find('"' + std::string(other) + '"') != all.npos);
    }
}

TEST_CASE("the list of functions as text is laid out as ever") {
    served s;
    const auto response = s.get("/function/list/text");
    CHECK(header(response, "Content-Type") == "text/plain; charset=utf-8");
    const std::string first_two =
        "addition\n"
        "URL:\n"
        "    async api: /addition\n"
        "    block api: /addition/keep-connection\n"
        "Max Concurrency: 1\n"
        "Description:\n"
        "        Simple Awesome Addition\n"
        "Args\n"
        "    x INTEGER Required\n"
        "    A value of X\n"
        "    y INTEGER Required\n"
        "    A value of Y\n"
        "\n"
        "\n"
        "multi\n"
        "URL:\n"
        "    async api: /multi\n"
        "    block api: /multi/keep-connection\n"
        "Max Concurrency: 2\n"
        "Description:\n"
        "        Heavy Function\n"
        "No Args\n"
        "\n"
        "\n";
    CHECK(response.body.text().starts_with(first_two));
    CHECK(response.body.text().ends_with("Never in time\nNo Args\n\n"));
}

TEST_CASE("an argument that may be left out is optional, one without a description has one line") {
    const auto greet = *functions().find("greet");
    CHECK(api::text_definition(greet).ends_with("Args\n    times INTEGER Optional\n"));
}

TEST_CASE("a function's definition is an object in a fixed order") {
    served s;
    const auto response = s.get("/function/definition/addition");
    CHECK(response.status == 200);
    CHECK(header(response, "Content-Type") == "application/json");
    CHECK(response.body ==
          "{\"function_name\": \"addition\", \"arg_definitions\": ["
          "{\"name\": \"x\", \"type\": \"INTEGER\", \"is_required\": true, "
          "\"description\": \"A value of X\"}, "
          "{\"name\": \"y\", \"type\": \"INTEGER\", \"is_required\": true, "
          "\"description\": \"A value of Y\"}], "
          "\"max_concurrency\": 1, \"description\": \"Simple Awesome Addition\", "
          "\"timeout\": 86400}");
    CHECK(s.get("/function/definition/late").body ==
          "{\"function_name\": \"late\", \"arg_definitions\": [], \"max_concurrency\": 0, "
          "\"description\": \"Never in time\", \"timeout\": 0.05}");
}

TEST_CASE("the list of functions as data has their definitions in the order of registration") {
    served s;
    const auto response = s.get("/function/list/data");
    CHECK(header(response, "Content-Type") == "application/json");
    CHECK(response.body.text().starts_with(
        "[" + s.get("/function/definition/addition").body.text() + ", " +
        s.get("/function/definition/multi").body.text() + ", {"));
    CHECK(response.body.text().ends_with(s.get("/function/definition/late").body.text() + "]"));
}

TEST_CASE("a server without functions lists none") {
    rf::registry none;
    api::service service(none, few_processes());
    for (const auto& [target, expected] :
         {std::pair("/function/list/data", "[]"), std::pair("/function/list/text", "")}) {
        http::request request;
        request.method = "GET";
        request.target = target;
        service.handle(std::move(request),
                       [&](http::response&& response) { CHECK(response.body == expected); });
    }
}

TEST_CASE("the running count is the number of a function's running tasks") {
    served s;
    CHECK(s.get("/function/running-count/multi").body == "0");
    const auto id = s.start("multi");
    s.start("multi");
    CHECK(s.get("/function/running-count/multi").body == "2");
    CHECK(s.get("/function/running-count/addition").body == "0");
    s.ask("POST", "/terminate/task/" + id);
    CHECK(s.get("/function/running-count/multi").body == "1");
}
