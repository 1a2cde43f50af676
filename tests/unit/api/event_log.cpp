#include <restful_functions/api/event_log.hpp>

#include "served.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <regex>

using namespace test;

namespace {

/// What a log writes, with times and durations cut out.
class written {
 public:
    written() {
        int ends[2];
        REQUIRE(::pipe(ends) == 0);
        from.reset(ends[0]);
        to.reset(ends[1]);
    }

    std::string text() const {
        std::array<char, 4096> buffer;
        const auto size = ::read(from.get(), buffer.data(), buffer.size());
        const std::string all(buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
        const std::string timeless =
            std::regex_replace(all, std::regex("[0-9-]+T[0-9:.]+Z"), "<time>");
        return std::regex_replace(timeless, std::regex("(seconds\"?[:=] ?)[0-9.]+"), "$1<n>");
    }

    rf::detail::unique_fd from;
    rf::detail::unique_fd to;
};

http::request asked(const std::string& target) {
    http::request request;
    request.method = "GET";
    request.target = target;
    request.peer = "::1";
    return request;
}

const rf::registry registered = functions();

rf::task::record ended_task() {
    rf::task::record task;
    task.status = rf::task::state::failed;
    task.how = rf::task::outcome::threw;
    task.queue_wait = std::chrono::milliseconds(1500);
    return task;
}

}  // namespace

TEST_CASE("plain lines are for people") {
    const written out;
    api::event_log log(rf::log_format::plain, registered, out.to.get());
    http::response answer;
    answer.body = "9";
    log.on_answer(api::logged_request(asked("/a?password=1")), answer);
    api::logged_request odd(asked("/a b\nc\"d"));
    odd.caller = "eve";
    odd.trace = "00-1-2-01";
    log.on_answer(odd, answer);
    log.remember_trace(ended_task().id, "00-1-3-01");
    log.on_end(ended_task(), std::chrono::milliseconds(20));
    log.on_end(ended_task(), std::chrono::milliseconds(20));
    log.flush();
    CHECK(out.text() ==
          "<time> request peer=::1 method=GET path=/a status=200 bytes=1 seconds=<n>\n"
          "<time> request peer=::1 caller=eve method=GET path=\"/a b\\nc\\\"d\" status=200 bytes=1 "
          "seconds=<n> traceparent=00-1-2-01\n"
          "<time> task task_id=00000000-0000-0000-0000-000000000000 function=addition "
          "status=FAILED outcome=threw seconds=<n> queue_wait=1.5 traceparent=00-1-3-01\n"
          "<time> task task_id=00000000-0000-0000-0000-000000000000 function=addition "
          "status=FAILED outcome=threw seconds=<n> queue_wait=1.5\n");
}

TEST_CASE("the answer to HEAD has no bytes") {
    const written out;
    api::event_log log(rf::log_format::plain, registered, out.to.get());
    http::request request = asked("/");
    request.method = "HEAD";
    http::response answer;
    answer.body = "not sent";
    log.on_answer(api::logged_request(request), answer);
    log.flush();
    CHECK(out.text() ==
          "<time> request peer=::1 method=HEAD path=/ status=200 bytes=0 seconds=<n>\n");
}

TEST_CASE("JSON lines are objects with the same members always") {
    const written out;
    api::event_log log(rf::log_format::json, registered, out.to.get());
    log.on_answer(api::logged_request(asked("/a")), {});
    log.on_end(ended_task(), std::nullopt);
    log.flush();
    CHECK(
        out.text() ==
        R"({"time": "<time>", "event": "request", "peer": "::1", "caller": "", "method": "GET", )"
        R"("path": "/a", "status": 200, "bytes": 0, "seconds": <n>, "traceparent": ""})"
        "\n"
        R"({"time": "<time>", "event": "task", "task_id": "00000000-0000-0000-0000-000000000000", )"
        R"("function": "addition", "status": "FAILED", "outcome": "threw", "seconds": <n>, )"
        R"("queue_wait": 1.5, "traceparent": ""})"
        "\n");
}

TEST_CASE("a log that is switched off writes nothing") {
    const written out;
    api::event_log log(rf::log_format::none, registered, out.to.get());
    CHECK(!log.is_on());
    log.on_end(ended_task(), std::nullopt);
    log.flush();
    CHECK(!log.has_lines());
}
