#include <restful_functions/process/current_call.hpp>
#include <restful_functions/process/descriptors.hpp>

#include "../address_sanitizer.hpp"
#include "calls.hpp"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <iostream>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

using namespace test;
using namespace std::chrono_literals;

namespace {

const call_policy as_worker{.isolation = isolation::worker};

/// Leaves a process behind that has said its number to the file; with `orphan` its parent is gone.
void leave_process(const std::string& path, bool orphan) {
    int said[2];
    CHECK(::pipe(said) == 0);
    if (::fork() == 0) {
        if (orphan && ::fork() != 0) ::_exit(0);
        std::ofstream(path) << ::getpid() << std::endl;
        [[maybe_unused]] const auto written = ::write(said[1], "x", 1);
        for (;;) ::pause();
    }
    char x;  // the group may end as soon as the call has
    CHECK(::read(said[0], &x, 1) == 1);
    ::close(said[0]);
    ::close(said[1]);
    if (orphan) ::wait(nullptr);
}

std::string number_of_process(std::string_view) { return std::to_string(::getpid()); }

class workers : public calls {
 public:
    explicit workers(std::vector<body> bodies, call_policy policy = as_worker,
                     executor_options options = few)
        : calls(bodies, options, operating_system::real(),
                std::vector<call_policy>(bodies.size(), policy)) {}
};

}  // namespace

TEST_CASE("a worker serves call after call, and keeps what it has in memory") {
    workers all({count_calls});
    const std::string first = all.result(0);
    CHECK(first.starts_with("1 in "));
    CHECK(all.result(0) == "2" + first.substr(1));
    CHECK(all.result(0) == "3" + first.substr(1));
    CHECK(all->count().kept == 1);
}

TEST_CASE("a worker serves one function only") {
    workers all({number_of_process, number_of_process});
    const std::string one = all.result(0);
    const std::string other = all.result(1);
    CHECK(one != other);
    CHECK(all.result(0) == one);
    CHECK(all.result(1) == other);
}

TEST_CASE("a worker is replaced after so many calls") {
    workers all({number_of_process}, {.isolation = isolation::worker, .worker_calls = 3});
    std::set<std::string> processes;
    for (int call = 0; call < 9; ++call) processes.insert(all.result(0));
    CHECK(processes.size() == 3);
}

TEST_CASE("calls at the same time have a worker each") {
    const fifo gate;
    workers all({[&](std::string_view) {
        ::close(::open(gate.path().c_str(), O_RDONLY));  // opens when a writer does
        return std::to_string(::getpid());
    }});
    const auto one = all.start(0);
    const auto other = all.start(0);
    CHECK(all->count().running == 2);
    gate.write("x");
    CHECK(std::get<returned>(all.end_of(one)).bytes != std::get<returned>(all.end_of(other)).bytes);
    CHECK(all->count().kept == 2);
}

TEST_CASE("a call that takes what others signal keeps none of them from being answered") {
    void* const shared =
        ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    auto& taken = *new (shared) std::atomic<int>(0);
    workers all({[&](std::string_view) {
                     std::uint64_t count = 0;
                     while (taken < 1000)
                         taken += ::read(completion_descriptor, &count, sizeof count) > 0 ? 1 : 0;
                     return std::string("thief");
                 },
                 [](std::string_view) { return std::string("honest"); }});
    const auto thief = all.start(0);
    const auto honest = all.start(1);
    while (taken == 0) ::sched_yield();
    CHECK(std::get<returned>(all.end_of(honest)).bytes == "honest");
    CHECK_FALSE(all.has_ended(thief));
    taken = 1000;
    CHECK(std::get<returned>(all.end_of(thief)).bytes == "thief");
    ::munmap(shared, 4096);
}

TEST_CASE("a crash of a worker costs one call") {
    workers all({[](std::string_view input) {
        if (input == "crash") ::raise(SIGSEGV);
        return std::to_string(++served);
    }});
    CHECK(all.result(0) == "1");
    CHECK(all.result(0) == "2");
    CHECK(all.sentence(0, "crash") == "killed by SIGSEGV (Segmentation fault)");
    CHECK(all.result(0) == "1");
}

TEST_CASE("an exception does not cost the worker") {
    workers all({[](std::string_view input) {
        if (input == "throw") throw std::runtime_error("so");
        return std::to_string(++served);
    }});
    CHECK(all.result(0) == "1");
    CHECK(all.sentence(0, "throw") == "so");
    CHECK(all.result(0) == "2");
}

TEST_CASE("a worker that ended while nobody called is replaced") {
    workers all({number_of_process});
    const std::string first = all.result(0);
    const watched_process worker(std::stoi(first));
    worker.send(SIGKILL);
    CHECK(worker.ends());
    CHECK(all.result(0) != first);
}

TEST_CASE("a worker that was told to stop serves no further call") {
    workers all({[](std::string_view path) {
        if (path.empty()) return std::to_string(::getpid());
        std::signal(SIGTERM, [](int) {});
        std::ofstream(std::string(path)) << ::getpid() << std::endl;
        while (!restful_functions::stop_requested()) ::sched_yield();
        return std::to_string(::getpid());
    }});
    const fifo said;
    const auto call = all.start(0, said.path());
    const std::string process = said.line();
    CHECK(all->stop(call, 1min));
    CHECK(std::get<returned>(all.end_of(call)).bytes == process);
    CHECK(all.result(0) != process);
}

TEST_CASE("a worker's process that the call leaves behind ends, and the worker with it") {
    workers all({[](std::string_view path) {
        // What is forked does not see the slot.
        if (!path.empty()) leave_process(std::string(path), false);
        return std::to_string(::getpid());
    }});
    const std::string first = all.result(0);
    const fifo said;
    CHECK(all.result(0, said.path()) == first);
    const watched_process left(std::stoi(said.line()));
    CHECK(left.ends());
    CHECK(all.result(0) != first);
}

TEST_CASE("each call of a worker has a log of its own") {
    workers all({[](std::string_view input) {
        std::cout << input;
        return std::to_string(::getpid());
    }});
    const auto log_of = [&](std::string_view input) {
        return all.departure_of(all.start(0, input)).log.text;
    };
    CHECK(log_of("one") == "one");
    CHECK(log_of("") == "");
    CHECK(log_of("three") == "three");
    CHECK(log_of(std::string(200'000, 'x')) == std::string(64 * 1024, 'x'));
    CHECK(log_of("five") == "five");
    CHECK(log_of("") == "");
}

TEST_CASE("a worker whose standard output the call redirects still has a log") {
    workers all({[](std::string_view input) {
        if (input == "redirect") ::dup2(::open("/dev/null", O_WRONLY), STDOUT_FILENO);
        if (!input.empty()) std::cerr << input;
        return std::string();
    }});
    CHECK(all.departure_of(all.start(0, "redirect")).log.text == "redirect");
    CHECK(all.departure_of(all.start(0, "after")).log.text == "after");
}

TEST_CASE("each call of a worker has its own usage") {
    workers all({[](std::string_view input) {
        if (input == "burn") {
            const std::clock_t begin = std::clock();
            while (std::clock() - begin < CLOCKS_PER_SEC / 5) {
            }
        }
        return std::string();
    }});
    const auto used_by = [&](std::string_view input) {
        const usage used = all.departure_of(all.start(0, input)).used;
        return used.user + used.system;
    };
    CHECK(used_by("") < 100ms);
    CHECK(used_by("burn") >= 150ms);
    CHECK(used_by("") < 100ms);
}

TEST_CASE("the processor time of a worker is limited for each call") {
    workers all({[](std::string_view input) {
                    const auto wanted = std::stod(std::string(input)) * CLOCKS_PER_SEC;
                    const std::clock_t begin = std::clock();
                    while (double(std::clock() - begin) < wanted) {
                    }
                    return std::to_string(::getpid());
                }},
                {.limits = {.cpu = 1s}, .isolation = isolation::worker});
    const std::string worker = all.result(0, "0.6");
    CHECK(all.result(0, "0.6") == worker);
    CHECK(all.result(0, "0.6") == worker);
    CHECK(std::holds_alternative<cpu_limit>(all.run(0, "10")));
}

TEST_CASE("a worker may have all the processor time there is") {
    workers all(
        {[](std::string_view) {
            for (const std::clock_t begin = std::clock(); std::clock() == begin;) {
            }
            rlimit time{};
            ::getrlimit(RLIMIT_CPU, &time);
            return std::string(time.rlim_cur > 1'000'000 ? "much" : "little");
        }},
        {.limits = {.cpu = std::chrono::milliseconds::max()}, .isolation = isolation::worker});
    CHECK(all.result(0) == "much");
    CHECK(all.result(0) == "much");
}

TEST_CASE("a worker that ignores the end of its processor time is killed") {
    workers all({[](std::string_view input) {
                    std::signal(SIGXCPU, SIG_IGN);
                    while (!input.empty()) ::getppid();
                    return std::string();
                }},
                {.limits = {.cpu = 1s}, .isolation = isolation::worker});
    CHECK(all.result(0) == "");
    CHECK(all.sentence(0, "x") == "used more than 1 s of processor time");
}

TEST_CASE("each call of a worker has its own name, progress and clean-ups") {
    workers all({[](std::string_view input) {
        const std::string name(restful_functions::task_id());
        if (input == "first") restful_functions::on_terminate([] { ::_exit(7); });
        return name;
    }});
    const auto name_of = [&](std::string_view input, std::string_view label) {
        return std::get<returned>(all.end_of(*all->start(0, input, {label}))).bytes;
    };
    CHECK(name_of("first", "a long name") == "a long name");
    CHECK(name_of("", "short") == "short");
    CHECK(name_of("", "") == "");
}

TEST_CASE("a worker's slot goes to a call that finds no other") {
    workers all({number_of_process, number_of_process}, as_worker,
                {.max_processes = 1, .warm_processes = 1});
    const std::string one = all.result(0);
    const std::string other = all.result(1);
    CHECK(one != other);
    CHECK(all.result(1) == other);
}

TEST_CASE("a worker's large result leaves no memory behind") {
    workers all({[](std::string_view input) {
        return std::string(static_cast<std::size_t>(std::stoi(std::string(input))), 'x');
    }});
    CHECK(all.result(0, "8000000") == std::string(8'000'000, 'x'));
    CHECK(all.result(0, "3") == "xxx");
}

TEST_CASE("when the fork server is lost its workers are, too, and others serve") {
    workers all({number_of_process});
    const std::string first = all.result(0);
    ::kill(all->fork_server_pid(), SIGKILL);
    CHECK(watched_process(std::stoi(first)).ends());
    all.run(0);  // may have been handed to a worker that is gone
    CHECK(all.result(0) != first);
}

// What a call leaves behind, for isolation::worker and isolation::rewind alike.

namespace {

constexpr isolation both[]{isolation::worker, isolation::rewind};

}  // namespace

TEST_CASE("a call that closes its descriptors is answered") {
    for (const isolation how : both) {
        workers all({[](std::string_view) {
                        ::close_range(3, ~0U, 0);
                        return std::to_string(::getpid());
                    }},
                    {.isolation = how});
        const std::string first = all.result(0);
        CHECK(all.result(0) != first);
    }
}

TEST_CASE("a call whose thread holds a stream is answered") {
    for (const isolation how : both) {
        workers all({[](std::string_view) {
                        int ends[2];
                        CHECK(::pipe(ends) == 0);
                        std::FILE* stream = ::fdopen(ends[0], "r");
                        std::atomic<bool> reads{false};
                        std::thread([&reads, stream] {
                            ::flockfile(stream);
                            reads = true;
                            for (;;) ::pause();
                        }).detach();
                        while (!reads) ::sched_yield();
                        return std::string("answered");
                    }},
                    {.isolation = how});
        CHECK(all.result(0) == "answered");
        CHECK(all.result(0) == "answered");
    }
}

TEST_CASE("an orphan of a call does not print into the log of the next one") {
    for (const isolation how : both) {
        workers all({[](std::string_view path) {
                        if (!path.empty()) leave_process(std::string(path), true);
                        return std::to_string(::getpid());
                    }},
                    {.isolation = how});
        const fifo said;
        const auto call = all.start(0, said.path());
        const watched_process orphan(std::stoi(said.line()));
        const std::string process = std::get<returned>(all.end_of(call)).bytes;
        CHECK(orphan.ends());
        CHECK(all.result(0) != process);
    }
}

TEST_CASE("a worker whose memory is full is replaced" * doctest::skip(address_sanitizer)) {
    using namespace restful_functions::literals;
    workers all({[](std::string_view) {
                    // Never given back.
                    static std::vector<std::string>* const leak = new std::vector<std::string>;
                    leak->emplace_back(std::size_t{24} << 20, 'x');
                    return std::to_string(leak->size());
                }},
                {.limits = {.memory = 60_MiB}, .isolation = isolation::worker});
    CHECK(all.result(0) == "1");
    CHECK(all.result(0) == "2");
    CHECK(std::holds_alternative<out_of_memory>(all.run(0)));
    CHECK(all.result(0) == "1");
}

TEST_CASE("that one call asks whether it is to stop does not make the next one deaf") {
    for (const isolation how : both) {
        workers all({[](std::string_view path) {
                        if (path.empty()) {
                            return std::to_string(restful_functions::stop_requested());
                        }
                        return say_and_block(path);
                    }},
                    {.isolation = how});
        CHECK(all.result(0) == "0");
        const fifo said;
        const auto call = all.start(0, said.path());
        static_cast<void>(said.line());
        all->stop(call, 1min);
        CHECK(all.sentence_of(call) == "killed by SIGTERM (Terminated)");
    }
}

TEST_CASE("a call does not find what another one sent or received") {
    for (const isolation how : all_isolations) {
        workers all(
            {[](std::string_view input) { return std::string(input.data() + input.size(), 40); }},
            {.isolation = how}, {.max_processes = 1, .warm_processes = 1});
        all.run(0, std::string(100, 's'));
        CHECK(all.result(0, "x") == std::string(40, '\0'));
    }
}

TEST_CASE("what a thread says after its call is not said for the next one") {
    const fifo told;
    workers all({[&](std::string_view input) {
        if (input == "leave") {
            std::thread([path = told.path()] {
                restful_functions::progress(0.5, "of the first");
                std::ofstream(path) << "told" << std::endl;
            }).detach();
        } else if (!input.empty()) {
            return say_and_block(input);
        }
        return std::string();
    }});
    all.departure_of(all.start(0, "leave"));
    CHECK(told.line() == "told");
    const fifo said;
    const auto call = all.start(0, said.path());
    static_cast<void>(said.line());
    CHECK(!all->progress(call));
    all->stop(call, 0ms);
    all.end_of(call);
}

TEST_CASE("one call that waits does not cost several functions their workers") {
    std::vector<body> bodies(5, number_of_process);
    workers all(bodies, as_worker, {.max_processes = 4, .warm_processes = 0});
    for (std::uint32_t entry = 0; entry < 4; ++entry) all.result(entry);
    CHECK(all->count().kept == 4);
    all.result(4);
    CHECK(all->count().kept == 4);
}
