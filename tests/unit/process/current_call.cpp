#include "calls.hpp"

#include <cmath>
#include <limits>

using namespace test;

TEST_CASE("progress shows while the call runs, the last word of it") {
    const fifo said;
    calls all({[](std::string_view path) -> std::string {
        restful_functions::progress(0.1, "begun");
        restful_functions::progress(0.42, "nearly half");
        return say_and_block(path);
    }});
    const call_id call = all.start(0, said.path());
    static_cast<void>(said.line());
    const auto now = all->progress(call);
    REQUIRE(now.has_value());
    CHECK(now->fraction == doctest::Approx(0.42));
    CHECK(now->message == "nearly half");
    all->stop(call, std::chrono::milliseconds(0));
    all.end_of(call);
    CHECK_FALSE(all->progress(call).has_value());
}

TEST_CASE("a call that says nothing has no progress") {
    const fifo said;
    calls all({say_and_block});
    const call_id call = all.start(0, said.path());
    static_cast<void>(said.line());
    CHECK_FALSE(all->progress(call).has_value());
    all->stop(call, std::chrono::milliseconds(0));
}

TEST_CASE("a reader never sees half of a progress note") {
    const fifo said;
    calls all({[](std::string_view path) -> std::string {
        std::ofstream(std::string(path)) << "ready" << std::endl;
        for (;;) {
            restful_functions::progress(0.25, std::string(200, 'a'));
            restful_functions::progress(0.75, std::string(100, 'b'));
        }
    }});
    const call_id call = all.start(0, said.path());
    static_cast<void>(said.line());
    int seen = 0;
    while (seen < 1000) {
        if (const auto now = all->progress(call)) {
            ++seen;
            const bool first = now->fraction == 0.25 && now->message == std::string(200, 'a');
            const bool second = now->fraction == 0.75 && now->message == std::string(100, 'b');
            REQUIRE((first || second));
        }
    }
    all->stop(call, std::chrono::milliseconds(0));
}

TEST_CASE("a fraction that is none is brought into range, a long message is cut") {
    alignas(slot_header) std::byte memory[slot::payload_offset + 100]{};
    new (memory) slot_header{};
    const slot own(memory, sizeof memory);
    restful_functions::process::detail::current_slot = &own.header();
    const auto seen_of = [&](double fraction, const std::string& message) {
        restful_functions::progress(fraction, message);
        return take_progress(own).value();
    };
    CHECK(seen_of(7, "").fraction == 1);
    CHECK(seen_of(-1, "").fraction == 0);
    CHECK(seen_of(std::numeric_limits<double>::quiet_NaN(), "").fraction == 0);
    CHECK(seen_of(0, std::string(1000, 'x')).message == std::string(240, 'x'));
    for (const std::string before : {"", "x", "xx"}) {
        std::string message = before;
        while (message.size() < 1000) message += "€";
        const std::size_t kept = before.size() + (240 - before.size()) / 3 * 3;
        CHECK(seen_of(0, message).message == message.substr(0, kept));
    }
    own.header().progress.message_size = 1'000'000;
    CHECK(take_progress(own).value().message.size() == 240);
    own.header().progress.sequence = 1;
    CHECK_FALSE(take_progress(own).has_value());
    restful_functions::process::detail::current_slot = nullptr;
}

TEST_CASE("a function knows the id of its task") {
    calls all({[](std::string_view) { return std::string(restful_functions::task_id()); }});
    const auto labelled = [&](std::string_view label) {
        const auto call = all->start(0, "", {label});
        REQUIRE(call.has_value());
        return std::get<returned>(all.end_of(*call)).bytes;
    };
    CHECK(labelled("c3a6a0ef-b19e-4e6f-bce3-8d0e5a9046aa") ==
          "c3a6a0ef-b19e-4e6f-bce3-8d0e5a9046aa");
    CHECK(labelled("").empty());
    CHECK(labelled(std::string(100, 'x')) == std::string(63, 'x'));
}

TEST_CASE("outside of a call there is none to speak of") {
    restful_functions::progress(0.5, "nobody hears");
    CHECK(restful_functions::task_id().empty());
    CHECK_FALSE(restful_functions::stop_requested());
    restful_functions::on_terminate([] { std::abort(); });
    const bool untouched = std::signal(SIGTERM, SIG_DFL) == SIG_DFL;
    CHECK(untouched);
}

TEST_CASE("a process that the function forks speaks for nobody") {
    calls all({[](std::string_view) {
        const pid_t child = ::fork();
        if (child == 0) {
            restful_functions::progress(0.5, "from the child");
            ::_exit(restful_functions::task_id().empty() ? 0 : 1);
        }
        int status = 0;
        ::waitpid(child, &status, 0);
        return std::to_string(status);
    }});
    CHECK(all.result(0) == "0");
}
