#include <restful_functions/api/task_story.hpp>
#include <restful_functions/http/body_stream.hpp>

#include "served.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

namespace api = restful_functions::api;
namespace http = restful_functions::http;

/// A client that reads a stream as it comes.
class reader {
 public:
    reader(test::served& s, std::string target, std::string last_event_id = {}) : served_(s) {
        http::fields headers;
        if (!last_event_id.empty()) headers.add("Last-Event-ID", std::move(last_event_id));
        const auto answer = s.wait(s.send("GET", std::move(target), "", std::move(headers)));
        REQUIRE(answer.status == 200);
        REQUIRE(answer.stream != nullptr);
        CHECK(test::header(answer, "Content-Type") == "text/event-stream");
        stream_ = answer.stream;
    }

    /// Reads until there is such a text.
    void read_until(std::string_view expected) {
        served_.drive_until([&] { return read().find(expected) != std::string::npos; });
    }
    void read_to_the_end() {
        served_.drive_until([&] { return (read(), stream_->is_done()); });
    }

    /// What has come so far.
    const std::string& read() { return text_ += stream_->take().text(); }

    /// The names of the events, in their order.
    std::string events() {
        std::string names;
        constexpr std::string_view field = "event: ";
        for (std::size_t at = read().find(field); at != text_.npos; at = text_.find(field, at)) {
            at += field.size();
            names += text_.substr(at, text_.find('\n', at) - at) + ' ';
        }
        return names;
    }

    [[nodiscard]] std::string last_id() const {
        const std::size_t at = text_.rfind("id: ") + 4;
        return text_.substr(at, text_.find('\n', at) - at);
    }

    void leave() { stream_->close(); }

 private:
    test::served& served_;
    std::shared_ptr<http::body_stream> stream_;
    std::string text_;
};

}  // namespace

TEST_SUITE_BEGIN("api/event_routes");

TEST_CASE("a task tells its story to the end") {
    test::served s;
    const std::string id = s.start("reports");
    reader all(s, "/task/events/" + id);
    all.read_until("event: log");
    all.read_until("event: progress");
    CHECK(all.read().find(R"({"fraction": 0.25, "message": "a \"quarter\""})") !=
          std::string::npos);
    CHECK(all.read().find(R"({"offset": 0, "text": "of )" + id + "\\n\"}") != std::string::npos);
    s.ask("POST", "/terminate/task/" + id);
    all.read_to_the_end();
    CHECK(all.events().starts_with("started "));
    CHECK(all.events().ends_with(" failed "));
    CHECK(all.read().find("Manual Termination") != std::string::npos);
}

TEST_CASE("an event shares a long result, which does not count as waiting for its reader") {
    auto options = test::few_processes();
    options.executor.max_payload = 8 << 20;
    test::served s(options);
    const std::string id = s.start("large", R"({"bytes": 5000000})");
    reader slow(s, "/task/events/" + id);
    s.end_of(id);
    slow.read_to_the_end();
    CHECK(slow.events() == "started completed ");
    const auto again = s.get("/task/events/" + id).stream->take();
    const auto result = s.get("/task/result/" + id).body;
    CHECK(again.own_size() < 10'000);
    std::size_t at = again.rest_of_piece(0).size();
    CHECK(again.rest_of_piece(at).data() == result.rest_of_piece(0).data());
}

TEST_CASE("a character that is printed in pieces is told when it is whole") {
    test::served s;
    const std::string id = s.start("pieces", "{\"rest\": 1}");
    s.follow("/task/info/" + id,
             [](const auto& text) { return text.ends_with("\"log\": {\"bytes\": 5}}"); });
    reader all(s, "/task/events/" + id);
    all.read_until(R"({"offset": 0, "text": "€"})");
    s.ask("POST", "/terminate/task/" + id);
    all.read_until(R"({"offset": 3, "text": "€"})");
    CHECK(all.read().find("\xEF\xBF\xBD") == std::string::npos);
}

TEST_CASE("a character that is never whole is told as one U+FFFD at the end") {
    test::served s;
    const std::string id = s.start("pieces", "{\"rest\": 0}");
    reader all(s, "/task/events/" + id);
    all.read_until(R"("text": "€"})");
    s.ask("POST", "/terminate/task/" + id);
    all.read_until("{\"offset\": 3, \"text\": \"\xEF\xBF\xBD\"}");
}

TEST_CASE("a long log is cut into events between characters") {
    auto options = test::few_processes();
    options.executor.log_bytes = 200'000;
    test::served s(options);
    const std::string id = s.start("euros", "{\"count\": 66666}");
    s.wait_until_idle();
    reader all(s, "/task/events/" + id);
    all.read_to_the_end();
    CHECK(all.events() == "log log log log completed ");
    CHECK(all.read().find("\xEF\xBF\xBD") == std::string::npos);
}

TEST_CASE("a log whose beginning is lost is told from a whole character on") {
    auto options = test::few_processes();
    options.executor.log_bytes = 100;
    test::served s(options);
    const std::string id = s.start("euros", "{\"count\": 100}");
    s.wait_until_idle();
    reader all(s, "/task/events/" + id);
    all.read_until(R"({"offset": 201, "text": "€)");
    CHECK(all.read().find("\xEF\xBF\xBD") == std::string::npos);
}

TEST_CASE("a task that has ended tells its log and its end, with what its process used") {
    test::served s;
    const std::string id = s.start("prints", R"({"lines": 2})");
    s.end_of(id);
    reader late(s, "/task/events/" + id);
    late.read_to_the_end();
    CHECK(late.events() == "log completed ");
    CHECK(late.read().find(R"("text": "line 0\nline 1\nthat is all\n")") != std::string::npos);
    CHECK(late.read().find("\"usage\"") != std::string::npos);
}

TEST_CASE("a queued task says so, and when it starts") {
    test::served s;
    const std::string first = s.start("patient");
    const std::string second = s.start("patient");
    reader waiting(s, "/task/events/" + second);
    CHECK(waiting.events() == "queued ");
    s.ask("POST", "/terminate/task/" + first);
    waiting.read_until("event: started");
    s.ask("POST", "/terminate/task/" + second);
    waiting.read_to_the_end();
    CHECK(waiting.events() == "queued started failed ");
}

TEST_CASE("a queued task that is taken back ends its story") {
    test::served s;
    s.start("patient");
    const std::string second = s.start("patient");
    reader waiting(s, "/task/events/" + second);
    s.ask("POST", "/terminate/task/" + second);
    waiting.read_to_the_end();
    CHECK(waiting.events() == "queued failed ");
}

TEST_CASE("who comes back hears only what it missed") {
    test::served s;
    const std::string id = s.start("reports");
    reader first(s, "/task/events/" + id);
    first.read_until("event: log");
    const std::string place = first.last_id();
    first.leave();
    reader second(s, "/task/events/" + id, place);
    s.ask("POST", "/terminate/task/" + id);
    second.read_to_the_end();
    CHECK(second.events().find("started") == std::string::npos);
    CHECK(second.events().find("log") == std::string::npos);
    CHECK(second.events().ends_with("failed "));
    reader third(s, "/task/events/" + id, "nonsense");
    third.read_to_the_end();
    CHECK(third.events().find("log") != std::string::npos);
}

TEST_CASE("who heard the end and comes back, as EventSource does, is told not to") {
    test::served s;
    const std::string id = s.start("prints", R"({"lines": 2})");
    reader first(s, "/task/events/" + id);
    first.read_to_the_end();
    http::fields headers;
    headers.add("Last-Event-ID", first.last_id());
    const auto again = s.wait(s.send("GET", "/task/events/" + id, "", headers));
    CHECK(again.status == 204);
    CHECK(again.stream == nullptr);
    const std::string running = s.start("waits");
    CHECK(reader(s, "/task/events/" + running, first.last_id()).events().empty());
}

TEST_CASE("changes of all tasks are told, and their progress") {
    test::served s;
    reader all(s, "/events");
    CHECK(all.events() == "welcome ");
    s.ask("POST", "/addition/keep-connection", R"({"x": 1, "y": 2})");
    all.read_until("event: completed");
    CHECK(all.events() == "welcome queued started completed ");
    CHECK(all.read().find("\"result\"") == std::string::npos);
    const std::string id = s.start("reports");
    all.read_until(R"(data: {"task_id": ")" + id +
                   R"(", "progress": {"fraction": 0.25, "message": "a \"quarter\""}})");
    s.ask("POST", "/terminate/task/" + id);
    all.read_until("event: failed");
}

TEST_CASE("a reader of all tasks who comes back hears the tasks that changed, or to begin anew") {
    test::served s;
    reader first(s, "/events");
    s.ask("POST", "/addition/keep-connection", R"({"x": 1, "y": 2})");
    first.read_until("event: completed");
    const std::string id = first.last_id();
    first.leave();
    const std::string missed = s.start("waits");
    reader second(s, "/events", id);
    CHECK(second.events() == "started ");
    CHECK(second.read().find(missed) != std::string::npos);
    reader third(s, "/events", "1-1");
    CHECK(third.events() == "reset ");
    reader fourth(s, "/events", second.last_id());
    CHECK(fourth.events().empty());
}

TEST_CASE(
    "a reader whose connection breaks while it hears what it missed hears the rest the next time") {
    test::served s;
    reader first(s, "/events");
    CHECK(first.events() == "welcome ");
    const std::string id = first.last_id();
    first.leave();
    const std::string one = s.start("waits");
    const std::string other = s.start("waits");
    s.ask("POST", "/terminate/task/" + one);
    s.end_of(one);
    reader second(s, "/events", id);
    CHECK(second.events() == "started failed ");
    const std::size_t at = second.read().find("id: ") + 4;
    const std::string of_the_first_event =
        second.read().substr(at, second.read().find('\n', at) - at);
    CHECK(second.read().find(other) < second.read().find(one));
    reader third(s, "/events", of_the_first_event);
    CHECK(third.events() == "failed ");
    CHECK(third.read().find(one) != std::string::npos);
}

TEST_CASE(
    "streams of all tasks end when the server is about to end, those of single ones with their "
    "tasks") {
    test::served s;
    const std::string id = s.start("waits");
    reader all(s, "/events");
    reader one(s, "/task/events/" + id);
    s.service.drain();
    all.read_to_the_end();
    CHECK(all.events() == "welcome draining ");
    reader late(s, "/events");
    late.read_to_the_end();
    CHECK(late.events() == "draining ");
    CHECK(one.events() == "started ");
    s.ask("POST", "/terminate/task/" + id);
    one.read_to_the_end();
}

TEST_CASE("a place in a story is read back, or is the beginning") {
    const api::story_place place = api::story_place::parse("2-2048");
    CHECK(place.stage == 2);
    CHECK(place.log == 2048);
    CHECK(place.id() == "2-2048");
    for (const std::string_view bad : {"", "2", "2-", "4-1", "2-x", "2-1x", "2 1", "-1-1"}) {
        CAPTURE(bad);
        CHECK(api::story_place::parse(bad).id() == "0-0");
    }
}

TEST_SUITE_END();
