#include <restful_functions/api/task_feed.hpp>

#include "../task/numbered.hpp"
#include "../text_parts.hpp"
#include "served.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace api = restful_functions::api;
namespace http = restful_functions::http;
namespace task = restful_functions::task;

struct feed_fixture {
    void change(int number) {
        const task::uuid id = test::numbered(number);
        tasks.insert(id, 0, "", task::clock::now().wall);
        tasks.run(id, task::clock::now(), std::chrono::milliseconds(0));
        tasks.finish(id, {task::state::done, task::outcome::returned}, task::clock::now());
        feed.tell(*tasks.find(id));
        timers.meet(api::deadlines::clock::now() + std::chrono::hours(1));
    }

    std::shared_ptr<http::body_stream> join(const std::string* last_event_id = nullptr) {
        auto reader = std::make_shared<http::body_stream>();
        feed.add(reader, last_event_id);
        return reader;
    }

    const restful_functions::registry functions = test::functions();
    task::table tasks{functions.size()};
    api::deadlines timers;
    api::task_feed feed{functions, tasks, timers};
};

/// The value of the last `id: `.
std::string last_id(std::string_view text) {
    const std::size_t at = text.rfind("id: ") + 4;
    return std::string(text.substr(at, text.find('\n', at) - at));
}

}  // namespace

TEST_SUITE_BEGIN("api/task_feed");

TEST_CASE_FIXTURE(feed_fixture, "who missed all that is remembered hears it, though it is a lot") {
    const std::string start = last_id(join()->take().text());
    for (int i = 0; i < 4096; ++i) change(i);
    const auto back = join(&start);
    CHECK(back->is_open());
    const std::string missed = back->take().text();
    CHECK(missed.size() > 1024 * 1024);
    CHECK(count(missed, "event: completed\n") == 4096);
    change(4096);
    CHECK(count(back->take().text(), "event: completed\n") == 1);
}

TEST_CASE_FIXTURE(feed_fixture,
                  "who is cut off while it hears what it missed, hears the rest later") {
    const std::string start = last_id(join()->take().text());
    for (int i = 0; i < 3; ++i) change(i);
    const std::string missed = join(&start)->take().text();
    CHECK(count(missed, "event: completed\n") == 3);
    const std::string first = last_id(std::string_view(missed).substr(0, missed.find("\n\n")));
    CHECK(count(join(&first)->take().text(), "event: completed\n") == 2);
    const std::string now = last_id(missed);
    CHECK(join(&now)->take().empty());
}

TEST_CASE_FIXTURE(feed_fixture,
                  "who does not keep up is dropped with a reason, and nobody else is") {
    const auto idle = join();
    const auto busy = join();
    for (int i = 0; i < 5000; ++i) {
        change(i);
        static_cast<void>(busy->take());
    }
    CHECK_FALSE(idle->is_open());
    const std::string last = idle->take().text();
    CHECK(last.starts_with("event: dropped\n"));
    CHECK(last.find("\"reason\"") != std::string::npos);
    CHECK(idle->is_done());
    CHECK(busy->is_open());
}

TEST_CASE_FIXTURE(feed_fixture, "who missed more than is remembered is told to begin anew") {
    const std::string start = last_id(join()->take().text());
    for (int i = 0; i < 4097; ++i) change(i);
    CHECK(join(&start)->take().text().find("event: reset\n") != std::string::npos);
}

TEST_SUITE_END();
