/* slot_protocol: how the server, the fork servers and the task processes hand calls over, with deaths at every step.
   README.md says what stands for what. Each call and each fault comes once, so there is no cycle: every run ends, and
   `verdict` looks at how it did. Each MUTATION_ takes one precaution away. */

#ifndef CALLS
#define CALLS 2
#endif
#ifndef SLOTS
#define SLOTS 1
#endif
#ifndef DEATHS
#define DEATHS 1                /* task processes killed from outside */
#endif
#ifndef FORK_SERVER_DEATHS
#define FORK_SERVER_DEATHS 0
#endif
#ifndef FROZEN_FORK_SERVERS
#define FROZEN_FORK_SERVERS 0
#endif
#ifndef FORK_FAILURES
#define FORK_FAILURES 0
#endif
#ifndef SERVER_DEATHS
#define SERVER_DEATHS 0
#endif
#define ARENAS (1 + FORK_SERVER_DEATHS + FROZEN_FORK_SERVERS)
#define PLACES (ARENAS * SLOTS)

/* slot_state; `fresh` is its vacant */
mtype:slot_state = {fresh, parked, called, running, done, crashed, dismissed};
/* where a task process is in child.hpp; `gone`: there is none */
mtype:step = {gone, born, orphan_check, parking, looking, comparing, asleep, taking, inside, stuck, announcing,
              signalling, after, zombie};
mtype:seat_phase = {vacant, idle, calling, settling, kept, leaving};
mtype:command = {spawn, terminate, kill, carry_log};
mtype:report = {exited, fork_failed, log_carried};
/* how a call ended; `open`: not yet */
mtype:outcome = {unasked, open, returned, crash, lost};

/* slot_header: what a task process and the server share. */
typedef slot {
    mtype:slot_state word;
    byte input;                 /* the call that lies in the slot */
    byte output;                /* the call whose result lies there */
    bit stays;
};
slot slots[PLACES];

typedef task {
    mtype:step at;
    mtype:slot_state seen;      /* of the word, before it waits on it */
    byte serves;
    bit bound;                  /* dies with the fork server (PR_SET_PDEATHSIG) */
    bit deaf;                   /* its function has closed the completion's descriptor */
    byte generation;            /* fork_server::generations_ */
};
task tasks[PLACES];

typedef fork_server_state {
    bit up;
    bit frozen;                 /* by SIGSTOP */
    bit completion;             /* the eventfd is readable */
};
fork_server_state forks[ARENAS];
chan commands[ARENAS] = [8 * SLOTS] of {mtype:command, byte, byte};
chan reports[ARENAS] = [2] of {mtype:report, byte, byte};

/* What the server knows of a slot. */
typedef seat {
    mtype:seat_phase phase;
    byte generation;
    byte call;
    bit stopped;
    bit kill_due;
    bit killed;                 /* which the server repeats */
    bit restarted;
    bit carried;                /* the log of the call is complete */
};
seat seats[SLOTS];
byte current;                   /* the arena in use */
bit server_up;

/* Of the calls, which are counted from 1. */
typedef call_state {
    mtype:outcome outcome;
    bit waits;                  /* in waiting_calls */
    bit worker;                 /* isolation::worker; else isolation::process */
    bit to_stop;                /* its time will be over, or somebody terminates it */
    bit ran;
    bit announced;              /* its result lies in a slot that is done */
};
call_state calls[4];

/* Where the slot of a process is. */
#ifdef MUTATION_ARENA_IS_KEPT
#define SLOT_OF(p) slots[(p) % SLOTS]
#else
#define SLOT_OF(p) slots[p]
#endif

#include "task_process.pml"
#include "fork_server.pml"
#include "server.pml"
#include "verdict.pml"

init {
    byte k;
    d_step {
        for (k : 0 .. PLACES - 1) { tasks[k].at = gone; tasks[k].seen = fresh; slots[k].word = fresh }
        for (k : 0 .. SLOTS - 1) { seats[k].phase = vacant }
        for (k : 0 .. 3) { calls[k].outcome = unasked }
        forks[0].up = 1;
        server_up = 1;
        k = 0
    }
    atomic {
        run server();
        for (k : 0 .. ARENAS - 1) { run fork_server(k) }
        for (k : 0 .. PLACES - 1) { run task_process(k) }
        run fate();
        run verdict();
        k = 0
    }
}
