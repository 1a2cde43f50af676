/// plain_process: how the fork server leaves behind what the host program had set up for itself.
#pragma once

#include <restful_functions/detail/memory_reserve.hpp>

#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>
#include <initializer_list>

namespace restful_functions::process::detail {

/// The signals of a fresh process, whatever the host program had set up. Those that ask a service
/// to stop are blocked: when to stop is the server's decision. A new process inherits the block
/// until it is ready for them, so that a signal sent to its call in between is not lost. So is
/// SIGPIPE, for nobody's terminal that goes away may end it. SIGCHLD is, too, but for ppoll(2) with
/// the mask that is returned.
///
/// Orphans become the fork server's children, so that none is left as a zombie in a container
/// without an init. A fork server that is stopped when the server dies goes on, and finds its
/// channel closed.
[[nodiscard]] inline sigset_t become_plain() {
    restful_functions::detail::memory_reserve::forgo();
    for (int signal = 1; signal < NSIG; ++signal) {
        ::signal(signal, SIG_DFL);  // the C library refuses those that it needs itself
    }
    struct sigaction on_child {};
    on_child.sa_handler = [](int) {};  // interrupts ppoll(2), nothing else
    on_child.sa_flags = SA_NOCLDSTOP;
    ::sigaction(SIGCHLD, &on_child, nullptr);
    sigset_t while_waiting;
    ::sigemptyset(&while_waiting);
    for (const int signal : {SIGHUP, SIGINT, SIGTERM, SIGPIPE}) {
        ::sigaddset(&while_waiting, signal);
    }
    sigset_t blocked = while_waiting;
    ::sigaddset(&blocked, SIGCHLD);
    ::sigprocmask(SIG_SETMASK, &blocked, nullptr);
    ::setpgid(0, 0);
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    ::prctl(PR_SET_PDEATHSIG, SIGCONT);
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    return while_waiting;
}

}  // namespace restful_functions::process::detail
