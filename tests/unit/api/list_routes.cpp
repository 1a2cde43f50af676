#include <restful_functions/api/list_routes.hpp>

#include "../text_parts.hpp"
#include "served.hpp"

#include <algorithm>
#include <cstddef>
#include <set>
#include <string>

using namespace test;

namespace {

/// The query in a Link field, which must be that of the next page.
std::string next_of(const http::response& page) {
    const std::string link = header(page, "Link");
    if (link.empty()) return "";
    const auto end = link.find('>');
    REQUIRE(link.substr(end) == ">; rel=\"next\"");
    return link.substr(1, end - 1);
}

}  // namespace

TEST_CASE("all tasks are one list") {
    served s;
    CHECK(s.get("/task/list").body == "[]");
    s.start("greet");
    s.start("waits");
    const std::string list = s.get("/task/list").body.text();
    CHECK(rf::json::is_valid(list));
    CHECK(list.find("\"greet\"") < list.find("\"waits\""));
}

TEST_CASE("a long list is made piece by piece, as it is read") {
    served s;
    for (int i = 0; i < 40; ++i) s.start("large", R"({"bytes": 5000})");
    s.wait_until_idle();
    const auto whole = [&](const std::string& target) {
        const auto response = s.get(target);
        REQUIRE(response.status == 200);
        REQUIRE(response.stream);
        CHECK(response.body.empty());
        std::size_t largest = 0;
        std::string list;
        while (!response.stream->is_done()) {
            const std::string piece = response.stream->take().text();
            largest = std::max(largest, piece.size());
            list += piece;
        }
        CHECK(largest < 80'000);
        CHECK(rf::json::is_valid(list));
        return list;
    };
    const std::string all = whole("/task/list/large");
    CHECK(count(all, "task_id") == 40);
    CHECK(whole("/task/list").size() == all.size());
    CHECK(count(whole("/task/list?limit=30"), "task_id") == 30);
    CHECK(!next_of(s.get("/task/list?limit=30")).empty());
    CHECK(next_of(s.get("/task/list?limit=40")).empty());
    CHECK(count(s.get("/task/list?results=false").body.text(), "task_id") == 40);
    const auto begun = s.get("/task/list/large");
    std::string list = begun.stream->take().text();
    s.start("greet");
    s.start("large", R"({"bytes": 5000})");
    while (!begun.stream->is_done()) list += begun.stream->take().text();
    CHECK(rf::json::is_valid(list));
}

TEST_CASE("a list shares long results, and is made of bounded pieces all the same") {
    served s;
    std::set<const char*> results;
    for (int i = 0; i < 5; ++i) {
        const std::string id = s.start("large", R"({"bytes": 1000000})");
        s.wait_until_idle();
        results.insert(s.get("/task/result/" + id).body.rest_of_piece(0).data());
    }
    REQUIRE(results.size() == 5);
    const auto list = s.get("/task/list");
    REQUIRE(list.stream);
    std::set<const char*> shared;
    while (!list.stream->is_done()) {
        const auto piece = list.stream->take();
        CHECK(piece.own_size() < 64 * 1024);
        CHECK(piece.size() < 1'100'000);
        for (std::size_t at = 0; at < piece.size(); at += piece.rest_of_piece(at).size()) {
            const char* const bytes = piece.rest_of_piece(at).data();
            if (results.contains(bytes)) shared.insert(bytes);
        }
    }
    CHECK(shared == results);
}

TEST_CASE("a list is filtered by status") {
    served s;
    s.wait(s.send("POST", "/greet/keep-connection"));
    s.wait(s.send("POST", "/throws/keep-connection"));
    s.start("waits");
    CHECK(count(s.get("/task/list?status=DONE").body.text(), "task_id") == 1);
    CHECK(count(s.get("/task/list?status=done,Failed").body.text(), "task_id") == 2);
    CHECK(count(s.get("/task/list/waits?status=RUNNING").body.text(), "task_id") == 1);
    CHECK(s.get("/task/list/waits?status=DONE").body == "[]");
}

TEST_CASE("the pages of a list link to each other until all tasks were listed once") {
    served s;
    std::set<std::string> started;
    for (int i = 0; i < 7; ++i) {
        started.insert(s.start("greet"));
        s.wait_until_idle();
    }
    std::set<std::string> listed;
    int pages = 0;
    for (std::string target = "/task/list/greet?limit=3&status=DONE"; !target.empty(); ++pages) {
        const auto page = s.get(target);
        REQUIRE(page.status == 200);
        CHECK(count(page.body.text(), "task_id") <= 3);
        for (const std::string& id : started) {
            if (page.body.text().find(id) != std::string::npos) CHECK(listed.insert(id).second);
        }
        const std::string query = next_of(page);
        target = query.empty() ? "" : target.substr(0, target.find('?')) + query;
        if (!target.empty())
            CHECK(target.starts_with("/task/list/greet?limit=3&status=DONE&after="));
    }
    CHECK(pages == 3);
    CHECK(listed == started);
}

TEST_CASE("a list begins with the newest task, if that is asked for") {
    served s;
    const std::string first = s.start("greet");
    s.wait_until_idle();
    const std::string second = s.start("greet");
    s.wait_until_idle();
    const auto page = s.get("/task/list?order=desc&limit=1");
    CHECK(page.body.text().find(second) != std::string::npos);
    const auto next = s.get("/task/list" + next_of(page));
    CHECK(next.body.text().find(first) != std::string::npos);
    CHECK(next_of(next).empty());
    CHECK(s.get("/task/list?order=asc").body == s.get("/task/list").body.text());
}

TEST_CASE("a list leaves out results, if that is asked for") {
    served s;
    s.wait(s.send("POST", "/greet/keep-connection"));
    const std::string brief = s.get("/task/list?results=false").body.text();
    CHECK(rf::json::is_valid(brief));
    CHECK(count(brief, "\"status\": \"DONE\"") == 1);
    CHECK(count(brief, "\"result\"") == 0);
    CHECK(count(s.get("/task/list?results=true").body.text(), "\"result\"") == 1);
}

TEST_CASE("a page that holds the last task has no next one") {
    served s;
    s.start("waits");
    s.start("waits");
    CHECK(next_of(s.get("/task/list?limit=2")).empty());
    CHECK(!next_of(s.get("/task/list?limit=1")).empty());
}

TEST_CASE("a query that makes no sense is refused, with what would") {
    served s;
    const auto id = s.start("waits");
    for (const char* query :
         {"?status=", "?status=GONE", "?status=DONE,", "?limit=0", "?limit=1001", "?limit=-1",
          "?limit=ten", "?after=1", "?limit=%", "?order=newest", "?results=0"}) {
        const auto refused = s.get(std::string("/task/list") + query);
        CHECK(refused.status == 400);
        CHECK(header(refused, "Content-Type") == "application/problem+json");
    }
    CHECK(s.get("/task/list/greet?after=" + id).status == 410);
    CHECK(s.get("/task/list?after=00000000-0000-4000-8000-000000000000").status == 410);
}
