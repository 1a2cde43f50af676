#include <restful_functions/api/call_arguments.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>

namespace api = restful_functions::api;
namespace http = restful_functions::http;
using restful_functions::arg_type;

namespace {

restful_functions::function_definition taking() {
    restful_functions::function_definition function;
    function.args = {{"x", arg_type::integer, true, ""},
                     {"label", arg_type::string, false, ""},
                     {"factor", arg_type::floating, false, ""},
                     {"all", arg_type::list, false, ""},
                     {"point", arg_type::dict, false, ""}};
    return function;
}

/// The body that a call gets, or the status of its refusal.
std::string collected(std::string_view query, std::string body, const char* type = nullptr) {
    http::request request;
    request.body = std::move(body);
    if (type != nullptr) request.headers.add("Content-Type", type);
    const auto refused = api::collect_arguments(request, query, taking());
    return refused ? std::to_string(refused->status) : request.body;
}

const char* const form = "application/x-www-form-urlencoded";

}  // namespace

TEST_CASE("a JSON body is left alone, whatever its type says") {
    for (const char* type : {"application/json", form, "nonsense"}) {
        CHECK(collected("", R"( {"x": 1})", type) == R"( {"x": 1})");
        CHECK(collected("", "", type).empty());
    }
    CHECK(collected("", "[1", form) == "[1");
    CHECK(collected("", "x=1") == "x=1");  // no form by its type: the parser refuses it
}

TEST_CASE("a form fills arguments") {
    CHECK(collected("", "x=3&label=a+%22b%22%21", form) == R"({"x": "3", "label": "a \"b\"!"})");
    CHECK(collected("", "x=3", "Application/X-WWW-Form-Urlencoded ; charset=utf-8") ==
          R"({"x": "3"})");
    CHECK(collected("", "zz=3&x=1&x=2", form) == R"({"zz": "3", "x": "1", "x": "2"})");
}

TEST_CASE("a query fills arguments, beside a body or without one") {
    CHECK(collected("x=3", "") == R"({"x": "3"})");
    CHECK(collected("label=a", R"({"x": 1})") == R"({"x": 1, "label": "a"})");
    CHECK(collected("label=a", " { } \n") == " { \"label\": \"a\"} \n");
    CHECK(collected("label=a", "x=3", form) == R"({"label": "a", "x": "3"})");
    CHECK(collected("x=3", "[1]") == "[1]");
    CHECK(collected("x=3", "}") == "}");
}

TEST_CASE("a list is filled by each pair of its name, or by a JSON text") {
    CHECK(collected("all=1&x=2&all=b", "") == R"({"all": ["1", "b"], "x": "2"})");
    CHECK(collected("all[]=1", "") == R"({"all": ["1"]})");
    CHECK(collected("all=%5B1,2%5D", "") == R"({"all": [1,2]})");
    CHECK(collected("all=%5B1,2", "") == R"({"all": ["[1,2"]})");
}

TEST_CASE("an object is filled by a JSON text") {
    CHECK(collected("point=%7B%22a%22:1%7D", "") == R"({"point": {"a":1}})");
    CHECK(collected("point=%7B", "") == R"({"point": "{"})");
}

TEST_CASE("a field that was left empty is left out, where it may be and is no text") {
    CHECK(collected("", "x=&label=&factor=&all=&point=", form) == R"({"x": "", "label": ""})");
}

TEST_CASE("what is badly encoded is refused") {
    CHECK(collected("x=%", "") == "400");
    CHECK(collected("", "x=%zz", form) == "400");
    CHECK(collected("label=%ff", "") == "400");
    CHECK(collected("%ff=1", "") == "400");
}

TEST_CASE("a form has no more fields than there is room for") {
    const auto pairs = [](std::size_t count) {
        std::string body = "x=1";
        for (std::size_t i = 1; i < count; ++i) body += "&all=1";
        return body;
    };
    CHECK(collected("", pairs(10'000), form).starts_with("{\"x\""));
    CHECK(collected("", pairs(10'001), form) == "413");
    CHECK(collected("", pairs(10'000) + "&&", form).starts_with("{\"x\""));
    CHECK(collected("y=1", pairs(10'000), form) == "413");
    const auto parts = [](std::size_t count) {
        std::string body;
        for (std::size_t i = 0; i < count; ++i)
            body += "--b\r\nContent-Disposition: form-data; name=all\r\n\r\n1\r\n";
        return body + "--b--";
    };
    CHECK(collected("", parts(10'000), "multipart/form-data; boundary=b").starts_with("{\"all\""));
    CHECK(collected("", parts(10'001), "multipart/form-data; boundary=b") == "413");
}
