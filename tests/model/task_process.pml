/* task_process: child.hpp and crash_handler.hpp. A step is one access to what others see too; deaths come between any
   two of them. */

#define ME tasks[p]
#define MINE SLOT_OF(p)
#define HOME forks[p / SLOTS]

/* There is no process any more. */
inline vanish(t) {
    tasks[t].at = gone;
    tasks[t].seen = fresh;
    tasks[t].serves = 0;
    tasks[t].bound = 0;
    tasks[t].deaf = 0;
    tasks[t].generation = 0
}

inline leave_result() {
    MINE.output = ME.serves
}

inline be_done() {
    MINE.word = done;
    calls[ME.serves].announced = 1;
    ME.at = signalling
}

proctype task_process(byte p) {
end:
    do
    /* The signal arrives some time after the fork server's death. */
    :: d_step { ME.at != gone && ME.bound && !HOME.up -> vanish(p) }
    /* A zombie whose parent is dead is init's. */
    :: d_step { ME.at == zombie && !ME.bound && !HOME.up -> vanish(p) }

    /* leave_home */
    :: d_step { ME.at == born -> ME.bound = HOME.up; ME.at = orphan_check }
    :: d_step { ME.at == orphan_check ->
        if
#ifndef MUTATION_ORPHANS_DO_NOT_LOOK
        :: !HOME.up -> ME.at = zombie
#endif
        :: else -> ME.at = parking
        fi }

    /* wait_for_call */
    :: d_step { ME.at == parking ->
        if
        :: MINE.word == fresh -> MINE.word = parked
        :: else
        fi;
        ME.at = looking }
    :: d_step { ME.at == looking ->
        if
        :: MINE.word == called -> ME.at = taking
        :: MINE.word == dismissed -> ME.at = zombie
        :: else -> ME.seen = MINE.word; ME.at = comparing
        fi }
    :: d_step { ME.at == comparing ->
        if
#ifndef MUTATION_SLEEPS_WITHOUT_COMPARING
        :: MINE.word != ME.seen -> ME.at = looking
#endif
        :: else -> ME.at = asleep
        fi;
        ME.seen = fresh }

    /* serve */
    :: d_step { ME.at == taking ->
        MINE.word = running;
        ME.serves = MINE.input;
        assert(!calls[ME.serves].ran);                          /* no function runs twice for one call */
        calls[ME.serves].ran = 1;
        ME.at = inside }
    :: d_step { ME.at == inside && !ME.deaf -> ME.deaf = 1 }
    :: d_step { ME.at == inside && calls[ME.serves].to_stop -> ME.at = stuck }
    :: d_step { ME.at == inside -> ME.at = zombie }             /* it exits */
    :: d_step { ME.at == inside -> MINE.word = crashed; ME.at = zombie }
#ifdef MUTATION_DONE_BEFORE_ITS_RESULT
    :: d_step { ME.at == inside -> ME.at = announcing }
#else
    :: d_step { ME.at == inside -> leave_result(); ME.at = announcing }
#endif

    /* announce, which the handler of another thread's crash may be faster than */
    :: d_step { ME.at == announcing -> MINE.stays = 0; be_done() }
    :: d_step { ME.at == announcing && calls[ME.serves].worker -> MINE.stays = 1; be_done() }
    :: d_step { ME.at == announcing -> MINE.word = crashed; ME.at = zombie }
    :: d_step { ME.at == signalling ->
#ifdef MUTATION_DONE_BEFORE_ITS_RESULT
        leave_result();
#endif
        if
        :: ME.deaf -> ME.at = zombie
        :: else -> HOME.completion = 1; ME.at = after
        fi }

    :: d_step { ME.at == after && MINE.stays -> ME.at = parking }
    :: d_step { ME.at == after && !MINE.stays -> ME.at = zombie }
    :: d_step { ME.at == after && !MINE.stays -> ME.at = stuck }    /* its end takes for ever */
    od
}
