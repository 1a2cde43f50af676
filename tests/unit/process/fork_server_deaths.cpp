#include "calls.hpp"

#include <sys/prctl.h>
#include <sys/wait.h>

#include <csignal>

using namespace test;

namespace {

constexpr executor_options one_warm{.max_processes = 8, .warm_processes = 1};
constexpr const char* lost_with_it = "the fork server was lost: killed by SIGKILL (Killed)";

/// Kills the fork server, and returns when there is another one.
void kill_fork_server(calls& all) {
    const pid_t doomed = all->fork_server_pid();
    const watched_process process(doomed);
    process.send(SIGKILL);
    all.drive_until(
        [&] { return all->fork_server_pid() != doomed && all->fork_server_pid() != 0; });
}

void check_service(calls& all) {
    CHECK(all.result(0, "service goes on") == "service goes on");
    all.settle();
}

/// Has answered, and does not end: what is left in a stream cannot be written.
std::string answer_and_stay(std::string_view path) {
    int pipe[2];
    CHECK(::pipe(pipe) == 0);
    FILE* stuck = ::fdopen(pipe[1], "w");
    static char buffer[256 * 1024];
    ::setvbuf(stuck, buffer, _IOFBF, sizeof buffer);
    std::fputs(std::string(sizeof buffer - 1, 'x').c_str(), stuck);
    std::ofstream(std::string(path)) << ::getpid() << std::endl;
    return "answered";
}

}  // namespace

TEST_CASE("a fork server that dies before it has forked for a call loses the call, and no other") {
    calls all({echo}, {.max_processes = 8, .warm_processes = 0});
    const watched_process fork_server(all->fork_server_pid());
    fork_server.send(SIGSTOP);
    fork_server.wait_until_stopped();
    const call_id call = all.start(0, "never run");
    fork_server.send(SIGKILL);
    CHECK(all.sentence_of(call) == lost_with_it);
    CHECK(all.result(0, "next") == "next");
}

TEST_CASE("a fork server that dies before a call is taken loses it, and it is not run") {
    const fifo said;
    calls all({echo, say_and_block}, one_warm);
    all.settle();
    const watched_process parked(children_of(all->fork_server_pid()).at(0));
    parked.send(SIGSTOP);
    parked.wait_until_stopped();
    const call_id call = all.start(1, said.path());
    kill_fork_server(all);
    CHECK(all.sentence_of(call) == lost_with_it);
    CHECK(parked.ends());
    check_service(all);
    const call_id next = all.start(1, said.path());
    const watched_process runs(std::stoi(said.line()));  // and no line of the lost call before it
    CHECK(all->stop(next, std::chrono::milliseconds(0)));
    CHECK(all.sentence_of(next) == "killed by SIGKILL (Killed)");
    CHECK(runs.ends());
}

TEST_CASE("a fork server that dies while a call is stopped ends it all the same") {
    const fifo said;
    calls all({echo, say_and_block}, one_warm);
    const call_id call = all.start(1, said.path());
    const watched_process process(std::stoi(said.line()));
    const watched_process fork_server(all->fork_server_pid());
    fork_server.send(SIGSTOP);
    fork_server.wait_until_stopped();
    CHECK(all->stop(call, std::chrono::minutes(1)));
    fork_server.send(SIGKILL);
    CHECK(all.sentence_of(call) == lost_with_it);
    CHECK(process.ends());
    check_service(all);
}

TEST_CASE("a fork server that dies after a call has its result takes nothing back") {
    const fifo said;
    calls all({echo, answer_and_stay}, one_warm);
    const call_id call = all.start(1, said.path());
    const watched_process process(std::stoi(said.line()));
    CHECK(std::get<returned>(all.end_of(call)).bytes == "answered");
    kill_fork_server(all);
    all.departure_of(call);
    CHECK(process.ends());
    CHECK(all.ended() == 1);
    check_service(all);
}

TEST_CASE("a fork server that dies between two calls of a process costs the second one nothing") {
    for (const isolation kept : {isolation::worker, isolation::rewind}) {
        calls all({[](std::string_view) { return std::to_string(::getpid()); }}, one_warm,
                  operating_system::real(), {{.isolation = kept}});
        const watched_process first(std::stoi(all.result(0)));
        kill_fork_server(all);
        CHECK(first.ends());
        CHECK(!all.result(0).empty());
    }
}

TEST_CASE("fork servers that die one after the other end in service") {
    calls all({echo}, one_warm);
    for (int i = 0; i < 10; ++i) {
        const call_id call = all.start(0, "x");
        kill_fork_server(all);
        all.end_of(call);
    }
    check_service(all);
}

TEST_CASE("a server that is killed while its fork server is stopped leaves no process behind") {
    const fifo said;
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);  // in whose session a stopped orphan would stay stopped
    const pid_t server = ::fork();
    if (server == 0) {
        lambdas blocking({say_and_block});
        executor doomed(blocking, {.max_processes = 4}, {});
        doomed.start(0, said.path());
        std::ofstream(said.path()) << doomed.fork_server_pid() << std::endl;
        for (;;) ::pause();
    }
    const pid_t one = std::stoi(said.line());
    const pid_t other = std::stoi(said.line());
    const pid_t fork_server = children_of(server).at(0);
    const watched_process running(fork_server == one ? other : one);
    const watched_process stopped(fork_server);
    stopped.send(SIGSTOP);
    stopped.wait_until_stopped();
    ::kill(server, SIGKILL);
    ::waitpid(server, nullptr, 0);
    CHECK(stopped.ends());
    CHECK(running.ends());
    stopped.send(SIGKILL);
    ::waitpid(fork_server, nullptr, 0);
    ::prctl(PR_SET_CHILD_SUBREAPER, 0);
}
