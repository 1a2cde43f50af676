#include <restful_functions/api/openapi_document.hpp>
#include <restful_functions/api/openapi_routes.hpp>
#include <restful_functions/function/make_definition.hpp>

#include "served.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>

namespace {

namespace json = restful_functions::json;
namespace rf = restful_functions;
namespace api = restful_functions::api;
namespace http = restful_functions::http;

struct Task {
    int steps = 5;
};

int run(Task task, const std::string& password) {
    return task.steps + static_cast<int>(password.size());
}

json::document document_of(const rf::registry& functions, api::openapi_security security = {}) {
    auto parsed = json::parse(api::openapi_document(functions, security));
    REQUIRE(parsed);
    return *std::move(parsed);
}

rf::registry with_run() {
    rf::registry functions;
    functions.add(rf::make_definition<run>(
        {.args = {{"task", "what to do"}, {"password", "whose \"it\" is", rf::secret}},
         .description = "Runs <it>"}));
    return functions;
}

}  // namespace

TEST_SUITE_BEGIN("api/openapi");

TEST_CASE("a function has two paths with its arguments and its result") {
    const auto document = document_of(with_run());
    const auto& paths = document["paths"];
    REQUIRE(paths.HasMember("/run"));
    const auto& start = paths["/run"]["post"];
    CHECK(json::text_of(start["operationId"]) == "start_run");
    CHECK(json::text_of(start["description"]) == "Runs <it>");
    const auto& body = start["requestBody"];
    CHECK(body["required"].GetBool());
    const auto& schema = body["content"]["application/json"]["schema"];
    // The server's own Task has the name.
    CHECK(json::text_of(schema["properties"]["task"]["$ref"]) == "#/components/schemas/Task_2");
    CHECK(json::text_of(schema["properties"]["task"]["description"]) == "what to do");
    CHECK(schema["properties"]["password"]["writeOnly"].GetBool());
    CHECK(schema["required"].Size() == 2);
    const auto& result = paths["/run/keep-connection"]["post"]["responses"]["200"];
    CHECK(json::text_of(result["content"]["application/json"]["schema"]["type"]) == "integer");
    CHECK(document["components"]["schemas"]["Task_2"]["properties"]["steps"]["default"].GetInt() ==
          5);
}

TEST_CASE("an example is one that the function takes") {
    const auto document = document_of(with_run());
    const auto& run_content = document["paths"]["/run"]["post"]["requestBody"]["content"];
    CHECK(run_content["application/json"].HasMember("example"));
    rf::registry functions;
    functions.add(rf::make_definition("pick", [](std::pair<int, int>) {}, {.args = {"of"}}));
    const auto other = document_of(functions);
    const auto& pick_content = other["paths"]["/pick"]["post"]["requestBody"]["content"];
    CHECK_FALSE(pick_content["application/json"].HasMember("example"));
}

TEST_CASE("security is what the server asks for") {
    const auto open = document_of(with_run());
    CHECK(open["security"].Empty());
    CHECK_FALSE(open["components"].HasMember("securitySchemes"));
    // A page of another site is refused what changes something.
    CHECK(open["paths"]["/run"]["post"]["responses"].HasMember("403"));
    CHECK_FALSE(open["paths"]["/task/list"]["get"]["responses"].HasMember("403"));
    rf::access_options access;
    access.users.push_back({"joe", "hunter2"});
    access.tokens.push_back({"hunter2"});
    const std::string text = api::openapi_document(with_run(), api::openapi_security(access));
    CHECK(text.find("hunter2") == std::string::npos);
    const auto closed = document_of(with_run(), api::openapi_security(access));
    CHECK(closed["security"].Size() == 2);
    CHECK(closed["components"]["securitySchemes"].MemberCount() == 2);
    CHECK(closed["paths"]["/task/list"]["get"]["responses"].HasMember("401"));
    CHECK(closed["paths"]["/health/live"]["get"]["security"].Empty());
}

TEST_CASE("every path of the document is served with its methods") {
    test::served s;
    const auto document = json::parse(s.get("/openapi.json").body.text());
    REQUIRE(document);
    for (const auto& path : (*document)["paths"].GetObject()) {
        CAPTURE(path.name.GetString());
        const std::string target = path.name.GetString();
        // A variable is checked before the method.
        if (target.find('{') != std::string::npos) continue;
        const auto response = s.ask("OPTIONS", target);
        for (const auto& operation : path.value.GetObject()) {
            std::string method = operation.name.GetString();
            for (char& c : method) c = static_cast<char>(c - 'a' + 'A');
            CHECK(test::header(response, "Allow").find(method) != std::string::npos);
        }
    }
}

TEST_CASE("the document is not sent to who has it") {
    test::served s;
    const auto first = s.get("/openapi.json");
    REQUIRE(first.status == 200);
    http::fields headers;
    headers.add("If-None-Match", test::header(first, "ETag"));
    const auto second = s.wait(s.send("GET", "/openapi.json", "", headers));
    CHECK(second.status == 304);
    CHECK(second.body.empty());
}

TEST_SUITE_END();
