#include <restful_functions/process/process_start.hpp>

#include "../address_sanitizer.hpp"
#include "calls.hpp"
#include "rewinds.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

using namespace test;

namespace {

int prepared = 0;

/// "1 1": so often the process's memory has seen the hook, and so many calls.
std::string count(std::string_view) {
    return std::to_string(prepared) + " " + std::to_string(++served);
}

/// One function with the hook, which counts its runs in all processes.
class hooked : public calls {
 public:
    explicit hooked(const std::function<void()>& hook, isolation how = isolation::process,
                    body function = count, executor_options options = few)
        : hooked(shared_number(), hook, how, std::move(function), options) {}

    int runs() const { return *static_cast<volatile int*>(&runs_); }

 private:
    hooked(int& runs, const std::function<void()>& hook, isolation how, body function,
           executor_options options)
        : calls({std::move(function)}, options, operating_system::real(), {{.isolation = how}},
                [&runs, hook] {
                    __atomic_add_fetch(&runs, 1, __ATOMIC_SEQ_CST);
                    ++prepared;
                    hook();
                }),
          runs_(runs) {}

    int& runs_;
};

void nothing() {}

}  // namespace

TEST_CASE("the hook runs in each process before its first call, while it is parked") {
    hooked all(nothing);
    all.settle();
    CHECK(all.runs() == 2);
    CHECK(all.result(0) == "1 1");
    CHECK(all.result(0) == "1 1");
    CHECK(prepared == 0);
}

TEST_CASE("the hook runs once for a worker") {
    hooked all(nothing, isolation::worker);
    CHECK(all.result(0) == "1 1");
    CHECK(all.result(0) == "1 2");
}

TEST_CASE("the hook runs anew for each rewound call, and finds what the program was") {
    hooked all(nothing, isolation::rewind);
    for (int call = 1; call <= 3; ++call) CHECK(all.result(0) == "1 1");
    CHECK(all.runs() >= 3);
}

TEST_CASE("a descriptor that the hook has opened costs no rewound process") {
    if (!possible() || address_sanitizer) return;
    hooked all([] { CHECK(::open("/dev/null", O_RDONLY) >= 0); }, isolation::rewind,
               [](std::string_view) { return std::to_string(::getpid()); });
    std::set<std::string> processes;
    for (int call = 0; call < 20; ++call) processes.insert(all.result(0));
    CHECK(processes.size() < 10);
}

TEST_CASE("a call ends as the hook of its process does") {
    for (const isolation how : all_isolations) {
        {
            hooked all([] { throw std::runtime_error("no database"); }, how);
            const outcome end = all.run(0);
            REQUIRE(std::holds_alternative<threw>(end));
            CHECK(std::get<threw>(end).what == "no database");
            CHECK(std::get<threw>(end).type == "std::runtime_error");
        }
        {
            hooked all([] { throw 7; }, how);
            CHECK(all.sentence(0) == "uncaught exception of type int");
        }
        {
            hooked all([] { std::_Exit(3); }, how);
            CHECK(all.sentence(0) == "exited with status 3 before returning");
        }
        {
            hooked all([] { std::raise(SIGKILL); }, how);
            CHECK(all.sentence(0) == "killed by SIGKILL (Killed)");
        }
        {
            hooked all([] { std::abort(); }, how);
            const outcome end = all.run(0);
            REQUIRE(std::holds_alternative<crashed>(end));
            CHECK(std::get<crashed>(end).signal == SIGABRT);
            CHECK(std::get<crashed>(end).backtrace.find("abort") != std::string::npos);
        }
    }
}

TEST_CASE("a hook that has failed in parked processes fails the calls that they are parked for") {
    hooked all([] { throw std::runtime_error("no database"); });
    all.settle();
    CHECK(all.sentence(0) == "no database");
}

TEST_CASE("calls are served again when the hook does not fail any more") {
    bool& is_fixed = *reinterpret_cast<bool*>(&shared_number());
    for (const auto& fail : std::vector<std::function<void()>>{
             [] { throw std::runtime_error("not yet"); }, [] { std::_Exit(1); }, std::abort}) {
        is_fixed = false;
        hooked all([&] {
            if (!is_fixed) fail();
        });
        all.sentence(0);
        is_fixed = true;
        // No process keeps its failure for ever.
        all.drive_until([&] { return std::holds_alternative<returned>(all.run(0)); });
    }
}

TEST_CASE("processes whose hook ends them are started at longer and longer intervals") {
    hooked all([] { std::_Exit(1); });
    all.drive_until([&] { return all.runs() >= 8; });
    all.drive_until([&] { return all->count().starting == 0; });
    CHECK(all->next_deadline().has_value());
    CHECK(all->forks() < 30);
}

TEST_CASE("what the hook prints is in the log of the first call") {
    hooked all([] { std::printf("prepared\n"); });
    const call_id call = all.start(0);
    CHECK(all.departure_of(call).log.text == "prepared\n");
}

TEST_CASE("the processor time of the hook does not count against the limit of a call") {
    using namespace std::chrono_literals;
    static const auto compute = [](std::clock_t seconds) {
        const std::clock_t end = std::clock() + seconds * CLOCKS_PER_SEC;
        while (std::clock() < end) {
        }
    };
    for (const isolation how : {isolation::process, isolation::worker}) {
        calls all({[](std::string_view input) {
                      if (input == "long") compute(60);
                      return std::string("in time");
                  }},
                  {.max_processes = 1, .warm_processes = 1}, operating_system::real(),
                  {{.limits = {.cpu = 1s}, .isolation = how}}, [] { compute(2); });
        CHECK(all.result(0) == "in time");
        CHECK(all.sentence_of(all.start(0, "long")) == "used more than 1 s of processor time");
    }
}

TEST_CASE("functions with and without rewinding share few slots") {
    calls all({count, count}, {.max_processes = 1, .warm_processes = 1}, operating_system::real(),
              {{}, {.isolation = isolation::rewind}}, nothing);
    for (const std::uint32_t entry : {0U, 1U, 0U, 1U, 1U, 0U}) {
        CHECK(all.result(entry) == "0 1");
    }
}
