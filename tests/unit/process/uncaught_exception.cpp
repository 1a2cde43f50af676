#include <restful_functions/process/uncaught_exception.hpp>

#include "calls.hpp"

#include <new>
#include <stdexcept>
#include <thread>

using namespace test;

namespace {

struct throws_while_it_is_asked : std::exception {
    const char* what() const noexcept override { std::terminate(); }
};

void throw_error(const char* what) { throw std::runtime_error(what); }
void throw_in_spite_of(const char* what) noexcept { throw_error(what); }

std::string body_of(std::string_view input) {
    const auto in_thread = [](auto what) { std::thread(what).join(); };
    if (input == "thread") in_thread([] { throw std::runtime_error("in a thread"); });
    if (input == "int") in_thread([] { throw 7; });
    if (input == "noexcept") throw_in_spite_of("out of noexcept");
    if (input == "noexcept in a thread") in_thread([] { throw_in_spite_of("there"); });
    if (input == "memory") in_thread([] { throw std::bad_alloc(); });
    if (input == "terminate") std::terminate();
    if (input == "not joined") std::thread([] {});
    if (input == "unspeakable") in_thread([] { throw throws_while_it_is_asked(); });
    if (input == "forked" && ::fork() == 0) throw_in_spite_of("of a child");
    if (input == "long") in_thread([] { throw std::runtime_error(std::string(1'000'000, 'x')); });
    return "returned";
}

}  // namespace

TEST_CASE("an exception that nobody catches is told with its type and words, in any thread") {
    for (const isolation how : all_isolations) {
        calls all({body_of}, few, operating_system::real(), {{.isolation = how}});
        const auto thrown = [&](std::string_view input) {
            const outcome end = all.run(0, input);
            REQUIRE_MESSAGE(std::holds_alternative<threw>(end), describe(end));
            return std::get<threw>(end);
        };
        CHECK(thrown("thread").type == "std::runtime_error");
        CHECK(thrown("thread").what == "in a thread");
        CHECK(thrown("int").type == "int");
        CHECK(thrown("int").what == "uncaught exception of type int");
        CHECK(thrown("noexcept").what == "out of noexcept");
        CHECK(thrown("noexcept in a thread").what == "there");
        CHECK(thrown("long").what.starts_with("xxxx"));
        CHECK(std::holds_alternative<out_of_memory>(all.run(0, "memory")));
        CHECK(all.result(0, "") == "returned");
    }
}

TEST_CASE("std::terminate without an exception is a crash") {
    calls all({body_of});
    for (const char* input : {"terminate", "not joined", "unspeakable"}) {
        CHECK(all.sentence(0, input) == "killed by SIGABRT (Aborted)");
    }
}

TEST_CASE("an exception in a process that the call has forked is none of the call's") {
    calls all({body_of});
    CHECK(all.result(0, "forked") == "returned");
}

TEST_CASE("threads that throw all at once are one exception") {
    calls all({[](std::string_view) {
        std::vector<std::thread> threads;
        for (int i = 0; i < 8; ++i) {
            threads.emplace_back([] { throw std::runtime_error("one of many"); });
        }
        for (std::thread& each : threads) each.join();
        return std::string();
    }});
    for (int i = 0; i < 50; ++i) CHECK(all.sentence(0) == "one of many");
}

TEST_CASE("an exception of one thread while another returns is one or the other") {
    calls all({[](std::string_view input) {
        std::thread([] { throw std::runtime_error("thrown"); }).detach();
        for (int spins = std::stoi(std::string(input)); spins > 0; --spins) {
            asm volatile("");
        }
        return std::string(1000, 'r');
    }});
    for (int i = 0; i < 100; ++i) {
        const outcome end = all.run(0, std::to_string(i * 2000));
        if (const auto* result = std::get_if<returned>(&end)) {
            CHECK(result->bytes == std::string(1000, 'r'));
        } else {
            CHECK(std::get<threw>(end).what == "thrown");
        }
    }
}

TEST_CASE("a handler of std::terminate that the program had is called, and changes no outcome") {
    const auto before = std::set_terminate([] {
        std::fputs("the program's handler\n", stderr);
        ::_exit(9);
    });
    calls all({body_of});
    std::set_terminate(before);
    const call_id call = all.start(0, "thread");
    CHECK(all.sentence_of(call) == "in a thread");
    CHECK(all.departure_of(call).log.text == "the program's handler\n");
    CHECK(all.sentence(0, "terminate") == "exited with status 9 before returning");
}

TEST_CASE("what a process scribbled over the note of its exception is not believed") {
    alignas(slot_header) std::byte memory[slot::payload_offset + 100]{};
    new (memory) slot_header{};
    const slot scribbled(memory, sizeof memory);
    scribbled.header().state = slot_state::crashed;
    uncaught_note& note = scribbled.header().uncaught;
    const report exit{.what = report::kind::exited, .value = SIGABRT};
    const auto threw_it = [&] {
        return std::holds_alternative<threw>(end_of_process(scribbled, exit, {}));
    };
    CHECK_FALSE(threw_it());
    note.result = verdict::threw;
    note.begin = 50;
    note.size = 50;
    note.type_size = 50;
    CHECK(threw_it());
    note.type_size = 51;
    CHECK_FALSE(threw_it());
    note.type_size = 1;
    note.size = 51;
    CHECK_FALSE(threw_it());
    note.begin = ~std::uint64_t{0};
    CHECK_FALSE(threw_it());
    note.begin = 0;
    note.result = verdict{77};
    CHECK_FALSE(threw_it());
}
