/// A program made of plain lambdas, and an executor that a test can drive to the end of a call.
#pragma once

#include <restful_functions/process/executor.hpp>

#include "../temporary_directory.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace test {

using namespace restful_functions::process;
using restful_functions::bytes;
using restful_functions::isolation;
using restful_functions::limits;

using body = std::function<std::string(std::string_view)>;

inline constexpr executor_options few{.max_processes = 8, .warm_processes = 2};
inline constexpr isolation all_isolations[]{isolation::process, isolation::worker,
                                            isolation::rewind};

/// So many bytes at the beginning of a result name its type. A call sets it in its own process.
inline std::size_t type_size = 0;

class lambdas final : public program {
 public:
    explicit lambdas(std::vector<body> bodies, std::vector<call_policy> policies = {},
                     std::function<void()> hook = {})
        : bodies_(std::move(bodies)), policies_(std::move(policies)), hook_(std::move(hook)) {
        policies_.resize(bodies_.size());
    }

    [[nodiscard]] std::uint32_t functions() const override {
        return static_cast<std::uint32_t>(bodies_.size());
    }

    [[nodiscard]] bool has_hook() const override { return hook_ != nullptr; }

    void on_process_start() override { hook_(); }

    [[nodiscard]] call_policy policy_of(std::uint32_t entry) const override {
        return policies_.at(entry);
    }

    void run(std::uint32_t entry, std::string_view input, window& output) override {
        const std::string result = bodies_.at(entry)(input);
        output.overflow = result.size() > output.capacity;
        output.size = output.overflow ? 0 : result.size();
        std::memcpy(output.data, result.data(), output.size);
        output.type_size = type_size;
    }

 private:
    std::vector<body> bodies_;
    std::vector<call_policy> policies_;
    std::function<void()> hook_;
};

/// Waits for events, never for time: a test that waits for something that does not come fails after
/// a minute.
class calls {
 public:
    explicit calls(std::vector<body> bodies,
                   executor_options options = {.max_processes = 64, .warm_processes = 2},
                   operating_system& system = operating_system::real(),
                   std::vector<call_policy> policies = {}, std::function<void()> hook = {})
        : options_(validated(options)),
          program_(std::move(bodies), std::move(policies), std::move(hook)),
          executor_(program_, options,
                    {.ended =
                         [this](call_id call, outcome&& how) {
                             ++count_;
                             ended_.insert_or_assign(call, std::move(how));
                         },
                     .gone =
                         [this](call_id call, departure&& left) {
                             CHECK(ended_.contains(call));
                             CHECK(gone_.emplace(call, std::move(left)).second);
                         }},
                    system) {}

    executor* operator->() { return &executor_; }

    call_id start(std::uint32_t entry, std::string_view input = "") {
        const auto call = executor_.start(entry, input);
        REQUIRE(call.has_value());
        return *call;
    }

    template <class Condition>
    void drive_until(Condition condition) {
        const auto limit = std::chrono::steady_clock::now() + std::chrono::minutes(1);
        while (!condition()) {
            const auto until = std::min(limit, executor_.next_deadline().value_or(limit));
            const auto left = std::chrono::ceil<std::chrono::milliseconds>(
                until - std::chrono::steady_clock::now());
            pollfd readable{executor_.descriptor(), POLLIN, 0};
            ::poll(&readable, 1, static_cast<int>(std::max<long>(0, left.count())));
            executor_.dispatch();
            REQUIRE(std::chrono::steady_clock::now() < limit);
        }
    }

    bool has_ended(call_id call) const { return ended_.contains(call); }

    outcome end_of(call_id call) {
        drive_until([&] { return has_ended(call); });
        return ended_.at(call);
    }

    /// What is known when the call's process is gone.
    departure departure_of(call_id call) {
        drive_until([&] { return gone_.contains(call); });
        return gone_.at(call);
    }

    std::string sentence_of(call_id call) { return describe(end_of(call)); }

    outcome run(std::uint32_t entry, std::string_view input = "") {
        return end_of(start(entry, input));
    }

    /// How a call that does not return ends.
    std::string sentence(std::uint32_t entry, std::string_view input = "") {
        return describe(run(entry, input));
    }

    /// What a call that returns returns.
    std::string result(std::uint32_t entry, std::string_view input = "") {
        const outcome end = run(entry, input);
        REQUIRE_MESSAGE(std::holds_alternative<returned>(end), describe(end));
        return std::get<returned>(end).bytes;
    }

    [[nodiscard]] std::size_t ended() const { return count_; }

    /// Large results would leave holes in the heap of the tests' process, where calls of later
    /// tests take memory that their limits do not count.
    void drop_results() {
        for (auto& [call, end] : ended_) {
            if (auto* its = std::get_if<returned>(&end)) std::string().swap(its->bytes);
        }
    }

    /// Kills the fork server, and drives until there is another one.
    void replace_fork_server() {
        const pid_t first = executor_.fork_server_pid();
        ::kill(first, SIGKILL);
        drive_until([&] {
            const pid_t now = executor_.fork_server_pid();
            return now != first && now != 0;
        });
    }

    /// Drives until no process but the parked ones is there.
    void settle() {
        drive_until([&] {
            const census now = executor_.count();
            return now.running + now.waiting + now.leaving == 0 &&
                   now.parked + now.starting == options_.warm_processes;
        });
        while (executor_.count().parked < options_.warm_processes) {
            ::sched_yield();  // parking is no event: the server never needs to hear of it
        }
    }

 private:
    executor_options options_;
    std::map<call_id, outcome> ended_;
    std::map<call_id, departure> gone_;
    std::size_t count_ = 0;
    lambdas program_;
    executor executor_;
};

inline std::string file_text(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

/// The processes whose parent is `pid`, zombies included (proc(5)).
inline std::vector<pid_t> children_of(pid_t pid) {
    const std::string number = std::to_string(pid);
    std::istringstream list(file_text("/proc/" + number + "/task/" + number + "/children"));
    std::vector<pid_t> children;
    for (pid_t child = 0; list >> child;) {
        children.push_back(child);
    }
    return children;
}

/// Refers to one process for good, and becomes readable when it has ended (pidfd_open(2)).
class watched_process {
 public:
    explicit watched_process(pid_t pid)
        : pid_(pid),
          descriptor_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))),
          missing_(errno == ESRCH) {}

    [[nodiscard]] bool existed() const { return static_cast<bool>(descriptor_); }
    void send(int signal) const {
        ::syscall(SYS_pidfd_send_signal, descriptor_.get(), signal, nullptr, 0);
    }
    [[nodiscard]] bool ends() const {
        pollfd ended{descriptor_.get(), POLLIN, 0};
        return existed() ? ::poll(&ended, 1, 60'000) == 1 : missing_;
    }
    /// Blocks until a SIGSTOP has taken effect.
    void wait_until_stopped() const {
        while (file_text("/proc/" + std::to_string(pid_) + "/stat").find(") T ") ==
               std::string::npos) {
            ::sched_yield();
        }
    }

 private:
    pid_t pid_;
    restful_functions::detail::unique_fd descriptor_;
    bool missing_;
};

/// A pipe whose ends a test hands to its own purposes. A call does not inherit it, a file of this
/// name in /proc does.
class fifo {
 public:
    fifo() {
        REQUIRE(::mkfifo(path_.c_str(), 0600) == 0);
        descriptor_.reset(::open(path_.c_str(), O_RDWR | O_CLOEXEC));
    }
    fifo(const fifo&) = delete;
    fifo& operator=(const fifo&) = delete;

    [[nodiscard]] const std::string& path() const { return path_; }

    /// Blocks until the other side has written a line.
    [[nodiscard]] std::string line() const {
        std::string text;
        for (char next = 0; ::read(descriptor_.get(), &next, 1) == 1 && next != '\n';) {
            text += next;
        }
        return text;
    }
    void write(std::string_view text) const {
        CHECK(::write(descriptor_.get(), text.data(), text.size()) > 0);
    }

 private:
    temporary_directory directory_;
    std::string path_ = directory_.file("fifo");
    restful_functions::detail::unique_fd descriptor_;
};

// Bodies that many tests want.

inline std::string echo(std::string_view input) { return std::string(input); }

/// The calls that this process has served.
inline int served = 0;

/// "1 in 123": the number of the call and of the process.
inline std::string count_calls(std::string_view) {
    return std::to_string(++served) + " in " + std::to_string(::getpid());
}

/// A crash whose address and whose name in a backtrace are known.
[[gnu::noinline]] inline void write_to(std::uintptr_t address) {
    *reinterpret_cast<volatile int*>(address) = 1;
}

/// Says its process number to the file, then blocks for good.
inline std::string say_and_block(std::string_view path) {
    std::ofstream(std::string(path)) << ::getpid() << std::endl;
    for (;;) {
        ::pause();
    }
}

}  // namespace test
