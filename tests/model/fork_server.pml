/* fork_server: fork_server.hpp. It takes commands one by one and reaps processes one by one, so that deaths come between
   any two of them. */

#define WORKS (forks[a].up && !forks[a].frozen)
#define TASK(s) tasks[a * SLOTS + (s)]
#define IS_ALIVE(t) (tasks[t].at != gone && tasks[t].at != zombie)

byte fork_failures_left = FORK_FAILURES;

inline be_born(t, generation_of_it) {
    assert(tasks[t].at == gone);                                /* a slot has one process */
    tasks[t].at = born;
    tasks[t].generation = generation_of_it
}

/* kill(2); who is not reaped yet has its number to itself */
inline strike(t) {
    if
    :: IS_ALIVE(t) -> tasks[t].at = zombie; tasks[t].seen = fresh
    :: else
    fi
}

inline reap(s) {
    reports[a]!exited,s,TASK(s).generation;
    vanish(a * SLOTS + s)
}

proctype fork_server(byte a) {
    mtype:command what = spawn;
    byte s;
    byte g;
end:
    do
    :: atomic { WORKS && nfull(reports[a]) && nempty(commands[a]) ->
        commands[a]?what,s,g;
        if
        :: what == spawn -> be_born(a * SLOTS + s, g)
        :: what == spawn && fork_failures_left > 0 -> fork_failures_left--; reports[a]!fork_failed,s,g
        :: what == carry_log -> reports[a]!log_carried,s,g
        :: (what == kill || what == terminate) && TASK(s).generation == g -> strike(a * SLOTS + s)
        :: (what == kill || what == terminate) && TASK(s).generation != g
        :: what == terminate && (TASK(s).at == inside || TASK(s).at == stuck)   /* which has taken SIGTERM over */
        fi;
        what = spawn; s = 0; g = 0 }
    :: d_step { WORKS && nfull(reports[a]) && TASK(0).at == zombie -> reap(0) }
#if SLOTS > 1
    :: d_step { WORKS && nfull(reports[a]) && TASK(1).at == zombie -> reap(1) }
#endif
    /* leave: the channel is at its end */
    :: d_step { WORKS && !server_up ->
        strike(a * SLOTS);
#if SLOTS > 1
        strike(a * SLOTS + 1);
#endif
        forks[a].up = 0 }
    od
}

/* What kills from outside. */
proctype fate() {
    byte deaths = DEATHS;
    byte fork_server_deaths = FORK_SERVER_DEATHS;
    byte freezes = FROZEN_FORK_SERVERS;
    byte server_deaths = SERVER_DEATHS;
end:
    do
    :: d_step { deaths > 0 && IS_ALIVE(0) -> deaths--; strike(0) }
#if PLACES > 1
    :: d_step { deaths > 0 && IS_ALIVE(1) -> deaths--; strike(1) }
#endif
    :: d_step { fork_server_deaths > 0 && forks[current].up -> fork_server_deaths--; forks[current].up = 0 }
    :: d_step { freezes > 0 && forks[current].up -> freezes--; forks[current].frozen = 1 }
    :: d_step { server_deaths > 0 && server_up -> server_deaths--; server_up = 0 }
    od
}
