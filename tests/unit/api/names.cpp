#include "served.hpp"

using namespace test;

TEST_CASE("an unknown function is 404 on each path that names one, and says where to look") {
    served s;
    const std::string reason =
        "there is no function \\\"subtraction\\\"; GET /function/list/text lists the functions";
    for (const auto& [method, target] :
         {std::pair("GET", "/function/definition/subtraction"),
          std::pair("GET", "/function/running-count/subtraction"),
          std::pair("GET", "/task/list/subtraction"), std::pair("GET", "/subtraction"),
          std::pair("POST", "/terminate/function/subtraction"), std::pair("POST", "/subtraction"),
          std::pair("POST", "/subtraction/keep-connection")}) {
        const auto response = s.ask(method, target);
        CHECK(response.status == 404);
        CHECK(header(response, "Content-Type") == "application/problem+json");
        CHECK(response.body.text().find(reason) != std::string::npos);
    }
}

TEST_CASE("a mistyped function is 404 and suggests the right one") {
    served s;
    const auto response = s.ask("POST", "/additon");
    CHECK(response.status == 404);
    CHECK(response.body.text().find("did you mean \\\"addition\\\"?") != std::string::npos);
}

TEST_CASE("an unknown task is 404 on each path that names one") {
    served s;
    const std::string unknown = "c3a6a0ef-b19e-4e6f-bce3-8d0e5a9046aa";
    for (const std::string path : {"/task/info/", "/task/done/", "/task/result/", "/task/log/"}) {
        const auto response = s.get(path + unknown);
        CHECK(response.status == 404);
        CHECK(header(response, "Content-Type") == "application/problem+json");
        CHECK(response.body.text().find(unknown) != std::string::npos);
    }
    CHECK(s.ask("POST", "/terminate/task/" + unknown).status == 404);
}

TEST_CASE("a task id that is no UUID is 404") {
    served s;
    CHECK(s.get("/task/info/3a6a0ef-b19e-4e6f-bce3-8d0e5a9046aa").status == 404);
    CHECK(s.get("/task/info/%FF").status == 404);
}

TEST_CASE("a task id is found in either case") {
    served s;
    std::string id = s.start("addition", "{\"x\": 3, \"y\": 6}");
    for (char& c : id) c = c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c;
    CHECK(s.get("/task/info/" + id).status == 200);
}
