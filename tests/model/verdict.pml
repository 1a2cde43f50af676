/* verdict: what is true when nothing can happen any more. */

proctype verdict() {
    byte k;
    byte home;
end:
    timeout ->
    d_step {
        if
        :: server_up ->
            for (k : 1 .. CALLS) {
                assert(calls[k].outcome != unasked && calls[k].outcome != open)     /* every call ends */
            }
            for (k : 0 .. SLOTS - 1) {
                /* every slot has a process that waits for a call, and would wake up for it */
                home = current * SLOTS + k;
                assert(seats[k].phase == idle || seats[k].phase == kept || forks[current].frozen);
                assert(tasks[home].at == asleep || forks[current].frozen);
                assert(SLOT_OF(home).word == parked || forks[current].frozen)
            }
        :: else
        fi;
        for (k : 0 .. PLACES - 1) {
            /* nobody outlives its parents */
            assert(tasks[k].at == gone || (server_up && k / SLOTS == current) || forks[k / SLOTS].frozen)
        }
        k = 0
    }
}
