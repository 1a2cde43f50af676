#include <restful_functions/api/fan_out.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace api = restful_functions::api;
namespace http = restful_functions::http;

namespace {

struct crowd_fixture {
    std::shared_ptr<http::body_stream> join() {
        joined.push_back(std::make_shared<http::body_stream>());
        all.add(joined.back());
        return joined.back();
    }

    void take_a_turn() { timers.meet(api::deadlines::clock::now() + std::chrono::hours(1)); }

    std::size_t told() {
        std::size_t count = 0;
        for (const auto& each : joined) count += each->take().empty() ? 0 : 1;
        return count;
    }

    api::deadlines timers;
    api::fan_out all{timers, "too slow"};
    std::vector<std::shared_ptr<http::body_stream>> joined;
};

}  // namespace

TEST_SUITE_BEGIN("api/fan_out");

TEST_CASE_FIXTURE(crowd_fixture, "a few readers hear at once what is said since they came") {
    all.say("nobody ");
    CHECK(all.empty());
    const auto first = join();
    all.say("a ");
    const auto second = join();
    all.say("b ");
    CHECK(first->take() == "a b ");
    CHECK(second->take() == "b ");
    CHECK(timers.size() == 0);
}

TEST_CASE_FIXTURE(crowd_fixture, "of many readers some are told in each turn") {
    for (int i = 0; i < 1000; ++i) join();
    all.say("a");
    CHECK(told() == 64);
    int turns = 1;
    for (std::size_t heard = 64; heard < 1000; ++turns) {
        take_a_turn();
        const std::size_t in_this_turn = told();
        CHECK(in_this_turn <= 64);
        REQUIRE(in_this_turn > 0);
        heard += in_this_turn;
    }
    CHECK(turns == 16);
}

TEST_CASE_FIXTURE(crowd_fixture,
                  "readers hear everything once and in order, whenever they are told") {
    for (int i = 0; i < 200; ++i) join();
    std::string expected;
    std::vector<std::string> heard(300);
    const auto listen = [&] {
        for (std::size_t i = 0; i < joined.size(); ++i) heard[i] += joined[i]->take().text();
    };
    for (int step = 0; step < 100; ++step) {
        const std::string text = std::to_string(step) + " ";
        expected += text;
        all.say(text);
        if (step == 49) {
            for (int i = 0; i < 100; ++i) join();
        }
        if (step % 3 == 0) take_a_turn();
        listen();
    }
    while (timers.size() != 0) {
        take_a_turn();
        listen();
    }
    const std::string since = expected.substr(expected.find("50 "));
    for (std::size_t i = 0; i < 300; ++i) CHECK(heard[i] == (i < 200 ? expected : since));
}

TEST_CASE_FIXTURE(crowd_fixture, "readers that have gone, or do not keep up, are forgotten") {
    for (int i = 0; i < 100; ++i) join();
    for (int i = 0; i < 100; i += 2) joined[static_cast<std::size_t>(i)]->close();
    const std::string much(600'000, 'x');
    for (int i = 0; i < 3; ++i) {
        all.say(much);
        while (timers.size() != 0) take_a_turn();
    }
    CHECK(all.empty());
    CHECK(joined[1]->take() == "too slow");
    CHECK(joined[1]->is_done());
}

TEST_CASE_FIXTURE(crowd_fixture, "at the end all hear what they have not heard, and a last word") {
    for (int i = 0; i < 100; ++i) join();
    all.say("a ");
    all.end("b");
    CHECK(all.empty());
    for (const auto& each : joined) {
        CHECK(each->take() == "a b");
        CHECK(each->is_done());
    }
    take_a_turn();
}
