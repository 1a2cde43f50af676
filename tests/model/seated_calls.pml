/* seated_calls: the server's moves on a seat and its slot: seated_calls.hpp, hand_over.hpp and process_pool.hpp. */

#define PLACE(s) (current * SLOTS + (s))
#define SLOT(s) SLOT_OF(PLACE(s))
#define SEAT(s) seats[s]
#define CALL(s) calls[seats[s].call]

byte whose;

inline tell(order, s) {
    assert(nfull(commands[current]));
    commands[current]!order,s,SEAT(s).generation
}

inline wake(s) {
    if
    :: tasks[PLACE(s)].at == asleep -> tasks[PLACE(s)].at = looking
    :: else
    fi
}

inline move(s, to) {
    SEAT(s).phase = to;
    SEAT(s).call = 0;
    SEAT(s).stopped = 0;
    SEAT(s).kill_due = 0;
    SEAT(s).killed = 0;
    SEAT(s).restarted = 0;
    SEAT(s).carried = 0
}

inline leave(s) {
#ifdef MUTATION_VACATES_WITH_THE_RESULT
    move(s, vacant)
#else
    move(s, leaving);
#ifndef MUTATION_LEAVES_WITHOUT_DEADLINE
    SEAT(s).kill_due = 1
#endif
#endif
}

/* Of the call `whose`. */
inline end_call(how) {
    assert(calls[whose].outcome == open);                       /* a call ends once */
    assert(!calls[whose].announced || how == returned);         /* a result that is there counts */
    calls[whose].outcome = how;
    calls[whose].waits = 0;
    whose = 0
}

inline take_result(s) {
    assert(SLOT(s).output == SEAT(s).call);                     /* no result of another call */
    whose = SEAT(s).call; end_call(returned)
}

inline spawn_process(s) {
    SEAT(s).generation++;
    tell(spawn, s)
}

inline dismiss(s) {
    SLOT(s).word = dismissed;
    wake(s);
    leave(s)
}

/* slot_arena::recycle */
inline keep(s) {
    assert(SEAT(s).carried);                                    /* no log is cut short */
    SLOT(s).word = parked;
    move(s, kept)
}

/* seated_calls::finish */
inline finish(s) {
    take_result(s);
    if
    :: !CALL(s).worker -> leave(s)
    :: CALL(s).worker -> dismiss(s)                             /* it does not stay, or has served enough */
    :: CALL(s).worker && SLOT(s).stays && !SEAT(s).stopped -> SEAT(s).carried = 1; keep(s)
    :: CALL(s).worker && SLOT(s).stays && !SEAT(s).stopped -> SEAT(s).phase = settling; tell(carry_log, s)
    fi
}

/* seated_calls::place; the accesses of hand_over that count are its last two, which are one */
inline place(s, c) {
    assert(SEAT(s).call == 0);                                  /* a slot has one call */
    assert(SLOT(s).word == fresh || SLOT(s).word == parked);
    move(s, calling);
    SEAT(s).call = c;
    calls[c].waits = 0;
    SLOT(s).input = c;
#ifdef MUTATION_LOOKS_AND_THEN_CALLS
    half_placed = s + 1;
    was = SLOT(s).word
#else
    was = SLOT(s).word;
    SLOT(s).word = called;
    if
    :: was == parked -> wake(s)
    :: else
    fi;
    was = fresh
#endif
}

/* executor::stop */
inline stop(s) {
    if
    :: SLOT(s).word == done ->
#ifdef MUTATION_STOP_LEAVES_THE_CALL_OPEN
        take_result(s)
#else
        finish(s)
#endif
    :: else ->
        SEAT(s).stopped = 1;
        SEAT(s).kill_due = 1;
        if
        :: tell(terminate, s)
        :: tell(kill, s)                                        /* a grace of 0 */
        fi
    fi
}

/* seated_calls::on_exited */
inline on_exited(s) {
    if
    :: SEAT(s).phase != calling -> move(s, vacant)
#ifdef MUTATION_DEATH_HIDES_A_RESULT
    :: SEAT(s).phase == calling && SLOT(s).word == done -> whose = SEAT(s).call; end_call(crash); move(s, vacant)
#else
    :: SEAT(s).phase == calling && SLOT(s).word == done -> take_result(s); move(s, vacant)
#endif
#ifdef MUTATION_RESTARTS_WHAT_RAN
    :: SEAT(s).phase == calling && SLOT(s).word != done && !SEAT(s).stopped && !SEAT(s).restarted ->
        SEAT(s).restarted = 1; SLOT(s).word = called; spawn_process(s)
#endif
    :: SEAT(s).phase == calling && SLOT(s).word != done && (SLOT(s).word != called || SEAT(s).stopped) ->
        whose = SEAT(s).call; end_call(crash); move(s, vacant)
    :: SEAT(s).phase == calling && SLOT(s).word == called && !SEAT(s).stopped && SEAT(s).restarted ->
        whose = SEAT(s).call; end_call(lost); move(s, vacant)
    :: SEAT(s).phase == calling && SLOT(s).word == called && !SEAT(s).stopped && !SEAT(s).restarted ->
        SEAT(s).restarted = 1; spawn_process(s)
    fi
}

/* executor::on_fork_failed */
inline on_fork_failed(s) {
    if
    :: SEAT(s).phase == calling && SEAT(s).stopped -> whose = SEAT(s).call; end_call(lost)
    :: SEAT(s).phase == calling && !SEAT(s).stopped -> CALL(s).waits = 1
    :: else
    fi;
    move(s, vacant)
}

#ifdef MUTATION_BELIEVES_OLD_REPORTS
#define IS_OF_NOW true
#else
#define IS_OF_NOW (of_generation == SEAT(about).generation)
#endif

inline take_report() {
    reports[current]?what,about,of_generation;
    if
    :: !IS_OF_NOW
    :: IS_OF_NOW && what == exited -> on_exited(about)
    :: IS_OF_NOW && what == fork_failed -> on_fork_failed(about)
    :: IS_OF_NOW && what == log_carried && SEAT(about).phase != settling
    :: IS_OF_NOW && what == log_carried && SEAT(about).phase == settling ->
        SEAT(about).carried = (of_generation == SEAT(about).generation);
        keep(about)
    fi;
    what = exited; about = 0; of_generation = 0
}

/* seated_calls::lose and process_pool::replace_fork_server: of one slot */
inline lose(s) {
    if
#ifndef MUTATION_LOSES_RESULTS_TOO
    :: SEAT(s).phase == calling && SLOT(s).word == done -> take_result(s)
    :: SEAT(s).phase == calling && SLOT(s).word != done -> whose = SEAT(s).call; end_call(lost)
#else
    :: SEAT(s).phase == calling -> whose = SEAT(s).call; end_call(lost)
#endif
    :: else
    fi;
    move(s, vacant)
}
