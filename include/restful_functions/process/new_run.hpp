/// new_run: a process of isolation::spawn, from the fork server's child that executes the program
/// anew, through the program's main(), to the worker that main() becomes where it would have
/// served.
#pragma once

#include <restful_functions/detail/unique_fd.hpp>
#include <restful_functions/process/child.hpp>
#include <restful_functions/process/crash_handler.hpp>
#include <restful_functions/process/current_call.hpp>
#include <restful_functions/process/descriptors.hpp>
#include <restful_functions/process/memory_cgroup.hpp>
#include <restful_functions/process/operating_system.hpp>
#include <restful_functions/process/process_start.hpp>
#include <restful_functions/process/program.hpp>
#include <restful_functions/process/slot.hpp>
#include <restful_functions/process/spawn_order.hpp>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace restful_functions::process {

namespace detail {

/// Of a new run only: what the server has registered.
inline int registration_descriptor() noexcept { return channel_descriptor; }

/// The words that a file of proc(5) has, each ended by a zero byte.
inline std::vector<std::string> words_of(const std::string& path) {
    std::vector<std::string> words;
    std::istringstream text(text_of(path));
    for (std::string word; std::getline(text, word, '\0');) words.push_back(word);
    return words;
}

/// What execve(2) takes; the words must outlive it.
inline std::vector<char*> pointers_to(std::vector<std::string>& words) {
    std::vector<char*> pointers;
    for (std::string& word : words) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    return pointers;
}

/// The first function that is not the same in two registrations, as each of them has it; empty
/// where there is none.
inline std::string difference(const std::string& of_server, const std::string& of_new_run) {
    std::istringstream first(of_server);
    std::istringstream second(of_new_run);
    for (;;) {
        std::string one;
        std::string other;
        const bool has_one = !std::getline(first, one).fail();
        const bool has_other = !std::getline(second, other).fail();
        if (!has_one && !has_other) return {};
        if (one == other) continue;
        return "the server has " + (has_one ? one : "nothing") + ", the new run has " +
               (has_other ? other : "nothing");
    }
}

/// A file in memory with the text in it.
inline int file_with(const std::string& text, operating_system& system) {
    const int file = system.memfd_create("restful-functions-registration", MFD_CLOEXEC);
    if (file < 0 || ::write(file, text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
        return -1;
    }
    return file;
}

/// A number that the new process keeps across execve(2).
inline bool hand_on(int descriptor, int number) {
    return ::dup2(descriptor, number) == number && ::fcntl(number, F_SETFD, 0) == 0;
}

/// The directory, the arguments and the environment are those that the program was started with;
/// what a service manager said to the server is left out.
[[noreturn]] inline void execute_anew(const birth& from, const program& work) {
    if (!started.directory.empty() && ::chdir(started.directory.c_str()) != 0) {
        std::fprintf(stderr, "restful-functions: cannot run the program anew in %s: %s\n",
                     started.directory.c_str(), std::strerror(errno));
        ::_exit(EXIT_FAILURE);
    }
    const spawn_order order{.parent = from.parent,
                            .self = from.self,
                            .server = work.number(),
                            .slot_offset = from.slot_offset,
                            .slot_size = from.slot_size,
                            .descriptors = completion_descriptor - own_descriptors + 1,
                            .has_log = from.log >= 0,
                            .memory_directory = from.memory.directory()};
    std::vector<std::string> arguments = words_of("/proc/self/cmdline");
    std::vector<std::string> environment = words_of("/proc/self/environ");
    std::erase_if(environment, [](const std::string& word) {
        return word.starts_with("NOTIFY_SOCKET=") || word.starts_with("LISTEN_") ||
               word.starts_with(spawn_order::variable);
    });
    environment.push_back(std::string(spawn_order::variable) + "=" + order.text());
    ::execve("/proc/self/exe", pointers_to(arguments).data(), pointers_to(environment).data());
    std::fprintf(stderr, "restful-functions: cannot run the program anew: %s\n",
                 std::strerror(errno));
    ::_exit(EXIT_FAILURE);
}

/// Where main() has closed or replaced what the fork server has handed on, nobody can be told but
/// by the log.
[[noreturn]] inline void give_up(const char* why) {
    std::fprintf(stderr, "restful-functions: a new run of the program cannot serve: %s\n", why);
    ::_exit(EXIT_FAILURE);
}

inline slot take_own_slot(const spawn_order& order, operating_system& system) {
    // The arena is the only file there that is sealed like that (slot_arena.hpp).
    constexpr int sealed = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
    const int seals = ::fcntl(arena_descriptor, F_GET_SEALS);
    if (seals < 0 || (seals & sealed) != sealed) {
        give_up("the program has closed descriptors that are not its own");
    }
    void* memory = system.mmap(order.slot_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE,
                               arena_descriptor, static_cast<off_t>(order.slot_offset));
    if (memory == MAP_FAILED) give_up(std::strerror(errno));
    ::madvise(memory, order.slot_size, MADV_DONTFORK);
    ::close(arena_descriptor);
    return {static_cast<std::byte*>(memory), order.slot_size};
}

/// The signals that end a call do so whatever the program has set up for them; the others are the
/// program's, also those of crashes: a virtual machine may live by them.
inline void take_signals_of_calls() {
    sigset_t ending;
    ::sigemptyset(&ending);
    for (const int signal : {SIGHUP, SIGINT, SIGTERM}) {
        ::signal(signal, SIG_DFL);
        ::sigaddset(&ending, signal);
    }
    ::pthread_sigmask(SIG_UNBLOCK, &ending, nullptr);
    install_crash_handler(crash_signals::unhandled);
}

/// What the server has registered.
inline std::string registration_of_server() {
    std::string text = text_of("/proc/self/fd/" + std::to_string(registration_descriptor()));
    ::close(registration_descriptor());
    return text;
}

[[noreturn]] inline void serve_as_new_run(const spawn_order& order, program& work,
                                          operating_system& system) {
    static const memory_cgroup memory(system, existing_group{order.memory_directory});
    static program_descriptors opened;
    birth from{.parent = order.parent,
               .self = order.self,
               .method = start_method::spawn,
               .memory = memory,
               .slot_offset = order.slot_offset,
               .slot_size = order.slot_size,
               .log = order.has_log ? log_descriptor : -1,
               .open_files = {},
               .opened = opened};
    lead_own_group(from.parent);
    // execve(2) has named it after the link that it was found by.
    ::prctl(PR_SET_NAME, ::program_invocation_short_name);
    print_to(from.log);
    const slot own = take_own_slot(order, system);
    const std::string difference_found = difference(registration_of_server(), work.registration());
    current_slot = &own.header();
    printing_process = ::getpid();
    crash_slot = own;
    take_signals_of_calls();
    note_uncaught_exceptions();
    install_last_writes();
    forget_call_in_grandchildren();
    if (order.has_log) print_by_lines();
    exit_fence::raise();
    if (!difference_found.empty()) {
        hook_failure failure;
        failure.take_unfitness("registered differently in the new run of the program: " +
                               difference_found);
        if (failure.answer(own)) announce(own);
        exit_fence::leave();
    }
    own.header().stage.store(start_stage::ready, std::memory_order_release);
    serve_calls(from, own, work);
}

}  // namespace detail

/// The rest of the life of the fork server's child whose process is to be a new run of the program.
[[noreturn]] inline void live_as_new_run(const birth& from, const program& work,
                                         operating_system& system) {
    detail::lead_own_group(from.parent);
    detail::print_to(from.log);
    // The file may have got the number of the log.
    if (!detail::hand_on(detail::file_with(work.registration(), system),
                         detail::registration_descriptor()) ||
        (from.log >= 0 && !detail::hand_on(from.log, log_descriptor)) ||
        !detail::hand_on(arena_descriptor, arena_descriptor) ||
        !detail::hand_on(completion_descriptor, completion_descriptor)) {
        std::fprintf(stderr, "restful-functions: cannot run the program anew: %s\n",
                     std::strerror(errno));
        ::_exit(EXIT_FAILURE);
    }
    const auto first = static_cast<unsigned>(log_descriptor);
    close_descriptors(STDERR_FILENO + 1, first - 1, system);
    close_descriptors(static_cast<unsigned>(completion_descriptor) + 1, ~0U, system);
    detail::be_ordinary(from.open_files);
    detail::execute_anew(from, work);
}

/// Where a server is about to fork its first process: in a run of the program that the same server
/// of another run has started, serves its calls instead and does not return.
inline void serve_if_spawned(program& work, operating_system& system) {
    if (detail::started.order && detail::started.order->server == work.number()) {
        detail::serve_as_new_run(*detail::started.order, work, system);
    }
}

}  // namespace restful_functions::process
