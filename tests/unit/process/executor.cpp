#include "calls.hpp"

#include <dirent.h>

#include <algorithm>
#include <set>
#include <string>

using namespace test;
using namespace std::chrono_literals;

namespace {

std::size_t descriptors_of(pid_t process) {
    std::size_t count = 0;
    DIR* list = ::opendir(("/proc/" + std::to_string(process) + "/fd").c_str());
    while (::readdir(list) != nullptr) ++count;
    ::closedir(list);
    return count;
}

/// Descriptor numbers are given out from the lowest: a leak shows.
int lowest_free_descriptor() {
    const restful_functions::detail::unique_fd next(::dup(STDERR_FILENO));
    return next.get();
}

/// Bytes of memory that the slots of this process's executor hold.
std::size_t bytes_of_slots() {
    std::size_t found = 0;
    for (int descriptor = 0; descriptor < lowest_free_descriptor(); ++descriptor) {
        char target[64] = {};
        const std::string link = "/proc/self/fd/" + std::to_string(descriptor);
        static_cast<void>(::readlink(link.c_str(), target, sizeof target - 1));
        struct stat file {};
        if (std::string_view(target).starts_with("/memfd:restful-functions-slots") &&
            ::fstat(descriptor, &file) == 0) {
            found += static_cast<std::size_t>(file.st_blocks) * 512;
        }
    }
    return found;
}

}  // namespace

TEST_CASE("a call returns what its function returns") {
    calls all({echo, [](std::string_view) { return std::string("other"); }});
    CHECK(all.result(0, "hello") == "hello");
    CHECK(all.result(1, "hello") == "other");
    CHECK(all.result(0).empty());
    CHECK(all.result(0, std::string("a\0b", 3)) == std::string("a\0b", 3));
}

TEST_CASE("a thousand calls are each served by a process of their own") {
    calls all({[](std::string_view) { return std::to_string(::getpid()); }});
    std::set<std::string> processes;
    for (int i = 0; i < 1000; ++i) {
        processes.insert(all.result(0));
    }
    CHECK(processes.size() == 1000);
}

TEST_CASE("calls that run at the same time all end") {
    calls all({echo});
    std::vector<call_id> started;
    for (int i = 0; i < 64; ++i) {
        started.push_back(all.start(0, std::to_string(i)));
    }
    for (std::size_t i = 0; i < started.size(); ++i) {
        const outcome end = all.end_of(started[i]);
        CHECK(std::get<returned>(end).bytes == std::to_string(i));
    }
}

TEST_CASE("an input and a result of the whole payload go through") {
    const std::size_t size = 8 * 1024 * 1024;
    calls all({echo}, {.max_processes = 4, .warm_processes = 2, .max_payload = size});
    const std::string large(size, 'x');
    CHECK(all.result(0, large) == large);
}

TEST_CASE("large calls leave no memory behind, though their slots are not used again") {
    const std::size_t size = 8 * 1024 * 1024;
    calls all({echo, [](std::string_view) -> std::string { std::abort(); }},
              {.max_processes = 8, .warm_processes = 2, .max_payload = size});
    const std::string large(size, 'x');
    std::vector<call_id> at_a_time;
    for (const std::uint32_t entry : {0U, 0U, 0U, 1U, 1U})
        at_a_time.push_back(all.start(entry, large));
    for (const call_id call : at_a_time) all.departure_of(call);
    CHECK(bytes_of_slots() < size);
}

TEST_CASE("an input above max_payload is an error of the caller") {
    calls all({echo}, {.max_processes = 4, .warm_processes = 2, .max_payload = 1000});
    CHECK_THROWS_AS(all->start(0, std::string(1001, 'x')), std::length_error);
    CHECK(all.result(0, "next") == "next");
}

TEST_CASE("a result above the slot's size fails with the limit") {
    const std::size_t limit = slot_layout(1, 1000, 0).slot_size() - slot::payload_offset;
    calls all({[](std::string_view) { return std::string(1'000'000, 'x'); }},
              {.max_processes = 4, .warm_processes = 2, .max_payload = 1000});
    CHECK(all.sentence(0) == "the result is larger than " + std::to_string(limit) + " bytes");
}

TEST_CASE("a call above max_processes is refused until one of them has ended") {
    const fifo said;
    calls all({say_and_block, echo}, {.max_processes = 2, .warm_processes = 2});
    const call_id first = all.start(0, said.path());
    const call_id second = all.start(0, said.path());
    CHECK_FALSE(all->start(1, "").has_value());
    CHECK(all->count().running == 2);
    CHECK(all->stop(first, 0ms));
    CHECK(all.sentence_of(first) == "killed by SIGKILL (Killed)");
    CHECK(all.result(1, "again") == "again");
    CHECK(all->stop(second, 0ms));
    CHECK(all.sentence_of(second) == "killed by SIGKILL (Killed)");
}

TEST_CASE("a call goes to a process that is yet to come while others leave") {
    calls all({echo}, {.max_processes = 1, .warm_processes = 1});
    for (int i = 0; i < 50; ++i) {
        CHECK(all.result(0, "next") == "next");
    }
}

TEST_CASE("a call that is killed while it waits for a process has ended") {
    const fifo said;
    calls all({say_and_block, echo}, {.max_processes = 2, .warm_processes = 0});
    all.result(1, "x");
    const call_id one = all.start(0, said.path());
    const call_id other = all.start(0, said.path());
    CHECK(all->stop(other, 0ms));
    CHECK(all->stop(one, 1min));
    CHECK(all.sentence_of(other) == "killed by SIGKILL (Killed)");
    CHECK(all.sentence_of(one) == "killed by SIGTERM (Terminated)");
}

TEST_CASE("a listener may start the next call") {
    class chain final : public program {
     public:
        void run(std::uint32_t, std::string_view input, window& output) override {
            std::memcpy(output.data, input.data(), input.size());
            output.size = input.size();
        }
    } echoing;
    int left = 20;
    executor* self = nullptr;
    executor tested(echoing, {.max_processes = 1, .warm_processes = 1},
                    {.ended =
                         [&](call_id, outcome&&) {
                             if (--left > 0) {
                                 REQUIRE(self->start(0, "x").has_value());
                             }
                         },
                     .gone = [](call_id, departure&&) {}});
    self = &tested;
    REQUIRE(self->start(0, "x").has_value());
    while (left > 0) {
        pollfd readable{self->descriptor(), POLLIN, 0};
        REQUIRE(::poll(&readable, 1, 60'000) == 1);
        self->dispatch();
    }
}

TEST_CASE("options that make no sense are refused") {
    lambdas none({});
    CHECK_THROWS_AS(executor(none, {.max_processes = 0}, {}), std::invalid_argument);
    CHECK_THROWS_AS(executor(none, {.max_payload = 0}, {}), std::invalid_argument);
}

TEST_CASE("more parked processes than processes are as many as there may be") {
    calls all({echo}, {.max_processes = 2, .warm_processes = 1000});
    all.settle();
    CHECK(all.result(0, "x") == "x");
}

TEST_CASE("without parked processes each call waits for its fork") {
    calls all({echo}, {.max_processes = 4, .warm_processes = 0});
    CHECK(all->count().parked + all->count().starting == 0);
    CHECK(all.result(0, "cold") == "cold");
    all.settle();
}

TEST_CASE("neither zombies nor descriptors accumulate") {
    calls all({echo, [](std::string_view) -> std::string { std::abort(); },
               [](std::string_view) { return std::string(4'000'000, 'y'); }});
    all.settle();
    const int before = lowest_free_descriptor();
    const std::size_t before_in_fork_server = descriptors_of(all->fork_server_pid());
    for (int i = 0; i < 300; ++i) {
        all.start(i % 3 == 0 ? 2U : static_cast<std::uint32_t>(i % 3 - 1), "x");
        if (i % 8 == 7) {
            all.settle();
            all.drop_results();
        }
    }
    all.settle();
    CHECK(all.ended() == 300);
    CHECK(lowest_free_descriptor() == before);
    // Its end of a pipe may be open for a moment longer than its process takes to park; a leak
    // would be of hundreds.
    CHECK(descriptors_of(all->fork_server_pid()) < before_in_fork_server + 10);
    CHECK(children_of(all->fork_server_pid()).size() == 2);
    for (const pid_t child : children_of(all->fork_server_pid())) {
        CHECK(file_text("/proc/" + std::to_string(child) + "/stat").find(") Z ") ==
              std::string::npos);
    }
}
