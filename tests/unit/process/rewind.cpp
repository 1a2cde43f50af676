#include <restful_functions/process/current_call.hpp>
#include <restful_functions/process/rewinder.hpp>

#include "../address_sanitizer.hpp"
#include "calls.hpp"

#include <csignal>
#include <iostream>
#include <set>
#include <stdexcept>
#include <thread>

// What each call finds again is tested with the rewinder itself (rewinder.cpp). Here: that a
// function which is called so has outcomes, limits, logs and kills as any other.

using namespace test;
using namespace std::chrono_literals;

namespace {

class rewound : public calls {
 public:
    explicit rewound(std::vector<body> bodies, limits its = {}, executor_options options = few)
        : calls(bodies, options, operating_system::real(),
                std::vector<call_policy>(bodies.size(),
                                         {.limits = its, .isolation = isolation::rewind})) {}
};

bool rewinding_skipped() {
    const bool cannot = !can_rewind() || address_sanitizer;
    if (cannot) MESSAGE("skipped: this process cannot be rewound");
    return cannot;
}

}  // namespace

TEST_CASE("each call finds what the program was, in a few processes") {
    if (rewinding_skipped()) return;
    rewound all({count_calls});
    std::set<std::string> processes;
    for (int call = 0; call < 100; ++call) {
        const std::string result = all.result(0);
        CHECK(result.starts_with("1 in "));
        processes.insert(result);
    }
    CHECK(processes.size() < 10);
    CHECK(all->count().kept == processes.size());
}

TEST_CASE("a worker that says it cannot be rewound costs no other function its rewinding") {
    if (rewinding_skipped()) return;
    calls all({count_calls,
               [](std::string_view) {
                   detail::current_slot->why_not_rewound = mark_refusal::untrackable;
                   return std::string();
               }},
              few, operating_system::real(),
              {{.isolation = isolation::rewind}, {.isolation = isolation::worker}});
    CHECK(all.result(1).empty());
    std::set<std::string> processes;
    for (int call = 0; call < 100; ++call) processes.insert(all.result(0));
    CHECK(processes.size() < 10);
}

TEST_CASE("where memory cannot be put back, each call has a process of its own") {
    // Memory that is not frozen, and more than a process copies.
    const auto size = memory_image::most_bytes + (std::size_t{1} << 20);
    void* large = ::mmap(nullptr, size, PROT_READ | PROT_WRITE | PROT_EXEC,
                         MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(large != MAP_FAILED);
    std::memset(large, 1, size);
    {
        rewound all({[](std::string_view) { return std::to_string(++served); }});
        for (int call = 0; call < 5; ++call) CHECK(all.result(0) == "1");
    }
    ::munmap(large, size);
}

TEST_CASE("a call that leaves a thread costs a process, and no call") {
    if (rewinding_skipped()) return;
    rewound all({[](std::string_view) {
        std::thread([] {
            for (;;) ::pause();
        }).detach();
        return std::to_string(++served);
    }});
    for (int call = 0; call < 20; ++call) CHECK(all.result(0) == "1");
}

TEST_CASE("a crash, an exit and an exception of a rewound call cost that call alone") {
    if (rewinding_skipped()) return;
    rewound all({[](std::string_view input) {
        if (input == "crash") ::raise(SIGSEGV);
        if (input == "exit") ::_exit(3);
        if (input == "throw") throw std::runtime_error("so");
        return std::to_string(++served);
    }});
    CHECK(all.result(0) == "1");
    CHECK(all.sentence(0, "crash") == "killed by SIGSEGV (Segmentation fault)");
    CHECK(all.result(0) == "1");
    CHECK(all.sentence(0, "exit") == "exited with status 3 before returning");
    CHECK(all.result(0) == "1");
    CHECK(all.sentence(0, "throw") == "so");
    CHECK(all.result(0) == "1");
}

TEST_CASE("a crash after many rewound calls still has a backtrace") {
    if (rewinding_skipped()) return;
    rewound all({[](std::string_view input) {
        if (!input.empty()) *reinterpret_cast<volatile int*>(8) = 0;
        return std::string();
    }});
    for (int call = 0; call < 5; ++call) all.result(0);
    const outcome end = all.run(0, "crash");
    CHECK(std::get<crashed>(end).address == 8);
    CHECK(!std::get<crashed>(end).backtrace.empty());
}

TEST_CASE("each rewound call has a log of its own") {
    if (rewinding_skipped()) return;
    rewound all({[](std::string_view input) {
        std::cout << input;
        return std::to_string(::getpid());
    }});
    const auto log_of = [&](std::string_view input) {
        return all.departure_of(all.start(0, input)).log.text;
    };
    CHECK(log_of("one") == "one");
    CHECK(log_of("") == "");
    CHECK(log_of("three") == "three");
}

TEST_CASE("limits hold for each rewound call") {
    if (rewinding_skipped()) return;
    using namespace restful_functions::literals;
    rewound all({[](std::string_view input) {
                    if (input == "burn") {
                        for (;;) ::getppid();
                    }
                    if (input == "allocate") {
                        return std::string(std::size_t{200} << 20, 'x').substr(0, 1);
                    }
                    rlimit files{};
                    ::getrlimit(RLIMIT_NOFILE, &files);
                    return std::to_string(files.rlim_cur) + " in " + std::to_string(::getpid());
                }},
                {.memory = 64_MiB, .cpu = 1s, .open_files = 20});
    CHECK(all.result(0).starts_with("20 in "));
    CHECK(all.result(0).starts_with("20 in "));
    CHECK(std::holds_alternative<out_of_memory>(all.run(0, "allocate")));
    CHECK(all.result(0).starts_with("20 in "));
    CHECK(std::holds_alternative<cpu_limit>(all.run(0, "burn")));
    CHECK(all.result(0).starts_with("20 in "));
}

TEST_CASE("a rewound call can be told to stop, and its clean-ups run for it alone") {
    if (rewinding_skipped()) return;
    rewound all({[](std::string_view path) {
        if (path.empty()) return std::to_string(++served);
        const std::string copy(path);
        restful_functions::on_terminate([copy] { std::ofstream(copy) << "cleaned" << std::endl; });
        std::ofstream(copy) << ::getpid() << std::endl;
        for (;;) ::pause();
    }});
    CHECK(all.result(0) == "1");
    const fifo said;
    const auto call = all.start(0, said.path());
    static_cast<void>(said.line());
    CHECK(all->stop(call, 1min));
    CHECK(said.line() == "cleaned");
    CHECK(all.sentence_of(call) == "killed by SIGTERM (Terminated)");
    CHECK(all.result(0) == "1");
}

TEST_CASE("rewound calls at the same time have a process each, and all end") {
    if (rewinding_skipped()) return;
    rewound all(
        {[](std::string_view input) { return std::string(input) + std::to_string(++served); }}, {},
        {.max_processes = 8, .warm_processes = 2});
    for (int round = 0; round < 50; ++round) {
        std::vector<call_id> batch;
        for (int i = 0; i < 8; ++i) batch.push_back(all.start(0, std::to_string(i) + ":"));
        for (std::size_t i = 0; i < batch.size(); ++i) {
            CHECK(std::get<returned>(all.end_of(batch[i])).bytes == std::to_string(i) + ":1");
        }
    }
}
