# shellcheck shell=bash disable=SC2154
# What becomes of the threads that a program has before it serves.

if [[ -x $programs/threads ]]; then
    export THREAD_TO_NAME=loader
    start_server "$programs/threads" --port 0 2>"$scratch/warning"
    unset THREAD_TO_NAME
    # The first call of a process, and for the others one that it has served before.
    for isolation in process worker worker rewind rewind; do
        answers 200 45 -d '{"count": 10}' --max-time 60 "/$isolation/keep-connection"
    done
    matches 'end to end: a server names the threads that calls do not have' 'has 1 other thread .*\(loader\)' \
        "$(cat "$scratch/warning")"
    stop_server
fi
