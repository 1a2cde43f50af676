/* server: executor.hpp. It has one thread: what it does at one event is one step, but where the order of its accesses and
   the processes' matters. */

#include "seated_calls.pml"

#define IDLE (scanning == 0 && half_placed == 0 && server_up)
#define BUSY(s) (SEAT(s).phase == calling)
#define TAKES(s, c) (SEAT(s).phase == idle || (SEAT(s).phase == kept && calls[c].worker))
#ifdef MUTATION_CALLS_ARE_NOT_WATCHED
#define WATCHED(s) (SEAT(s).phase == settling || SEAT(s).killed)
#else
#define WATCHED(s) (SEAT(s).phase == settling || SEAT(s).killed || BUSY(s))
#endif
#if SLOTS > 1
#define IS_WATCHED (WATCHED(0) || WATCHED(1))
#define LOAD (BUSY(0) + BUSY(1) + WAITING)
#define SOON_FREE (FREE(0) || FREE(1))
#else
#define IS_WATCHED WATCHED(0)
#define LOAD (BUSY(0) + WAITING)
#define SOON_FREE FREE(0)
#endif
#define FREE(s) (SEAT(s).phase == vacant || SEAT(s).phase == leaving || SEAT(s).phase == idle)
#if CALLS > 2
#define WAITING (calls[1].waits + calls[2].waits + calls[3].waits)
#define A_PROCESS_CALL_WAITS (PROCESS_CALL_WAITS(1) || PROCESS_CALL_WAITS(2) || PROCESS_CALL_WAITS(3))
#else
#define WAITING (calls[1].waits + calls[2].waits)
#define A_PROCESS_CALL_WAITS (PROCESS_CALL_WAITS(1) || PROCESS_CALL_WAITS(2))
#endif
#define PROCESS_CALL_WAITS(c) (calls[c].waits && !calls[c].worker)

#define FOR_A_CALL(c)                                                                                                  \
    :: d_step { IDLE && calls[c].waits && TAKES(0, c) -> place(0, c) }                                                 \
    :: d_step { IDLE && calls[c].waits && calls[c].to_stop -> whose = c; end_call(crash) }

#define FOR_A_SEAT(s)                                                                                                  \
    /* process_pool::refill */                                                                                         \
    :: d_step { IDLE && SEAT(s).phase == vacant -> SLOT(s).word = fresh; SEAT(s).phase = idle; spawn_process(s) }      \
    :: atomic { IDLE && BUSY(s) && CALL(s).to_stop && !SEAT(s).stopped -> stop(s) }                                    \
    /* process_pool::take_due_deadlines */                                                                             \
    :: d_step { IDLE && SEAT(s).kill_due -> SEAT(s).kill_due = 0; SEAT(s).killed = 1; tell(kill, s) }                      \
    /* process_pool::make_room */                                                                                      \
    :: d_step { IDLE && SEAT(s).phase == kept && A_PROCESS_CALL_WAITS && !SOON_FREE -> dismiss(s) }

inline lose_all() {
    lose(0);
#if SLOTS > 1
    lose(1);
#endif
    forks[current].up = 0;
    forks[current].completion = 0;
    do
    :: nempty(commands[current]) -> commands[current]?_,_,_
    :: empty(commands[current]) -> break
    od;
    current++;
    forks[current].up = 1
}

proctype server() {
    byte next = 1;
    byte scanning;              /* seats that collect_results has yet to look at */
    byte half_placed;
    mtype:slot_state was = fresh;
    mtype:report what = exited;
    byte about;
    byte of_generation;
end:
    do
    :: !server_up -> break

    /* executor::start */
    :: atomic { IDLE && next <= CALLS && LOAD < SLOTS ->
        calls[next].outcome = open;
        calls[next].waits = 1;
        if
        :: true
#ifndef NO_WORKERS
        :: calls[next].worker = 1
#endif
        fi;
        if
#ifndef ONLY_STOPPED_CALLS
        :: true
#endif
#ifndef NO_STOPPED_CALLS
        :: calls[next].to_stop = 1
#endif
        fi;
        next++ }
    FOR_A_CALL(1)
    FOR_A_CALL(2)
#if CALLS > 2
    FOR_A_CALL(3)
#endif
#if SLOTS > 1
    :: d_step { IDLE && calls[1].waits && TAKES(1, 1) -> place(1, 1) }
    :: d_step { IDLE && calls[2].waits && TAKES(1, 2) -> place(1, 2) }
#if CALLS > 2
    :: d_step { IDLE && calls[3].waits && TAKES(1, 3) -> place(1, 3) }
#endif
#endif
    FOR_A_SEAT(0)
#if SLOTS > 1
    FOR_A_SEAT(1)
#endif
#ifdef MUTATION_LOOKS_AND_THEN_CALLS
    :: d_step { half_placed > 0 ->
        SLOT(half_placed - 1).word = called;
        if
        :: was == parked -> wake(half_placed - 1)
        :: else
        fi;
        was = fresh; half_placed = 0 }
#endif

    /* take_events, and collect_results seat by seat */
#ifdef MUTATION_LOOKS_BEFORE_IT_READS
    :: d_step { IDLE && forks[current].completion -> scanning = SLOTS + 1 }
    :: d_step { scanning == 1 -> forks[current].completion = 0; scanning = 0 }
    :: atomic { scanning > 1 ->
        scanning--;
        if
        :: BUSY(scanning - 1) && SLOT(scanning - 1).word == done -> finish(scanning - 1)
        :: else
        fi }
#else
    :: d_step { IDLE && forks[current].completion -> forks[current].completion = 0; scanning = SLOTS }
    :: atomic { scanning > 0 ->
        scanning--;
        if
        :: BUSY(scanning) && SLOT(scanning).word == done -> finish(scanning)
        :: else
        fi }
#endif

    :: atomic { IDLE && nempty(reports[current]) -> take_report() }

    /* on_fork_server_lost */
    :: d_step { IDLE && !forks[current].up && empty(reports[current]) -> lose_all() }
    /* the watchdog, which has what it waits for in its condition and not in a time */
    :: d_step { IDLE && forks[current].frozen && IS_WATCHED -> lose_all() }
    od
}
