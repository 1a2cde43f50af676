# shellcheck shell=bash disable=SC2154
# Calls of isolation::spawn are served by new runs of the program.

# start_spawning NEW_RUNS: the server, whose new runs do this before they start to serve.
start_spawning() {
    RUNS="$scratch/runs-$1" NEW_RUNS=$1 start_server "$programs/spawn" --port 0
}

start_spawning none
runs() { wc --lines <"$scratch/runs-none"; }
deadline=$((SECONDS + 60))
until (($(runs) == 3)) || ((SECONDS > deadline)); do sleep 0.1; done
equal 'end to end: spawn: beside the server two new runs wait for calls' 3 "$(runs)"
answers 200 42 -d '{"number": 21}' /twice/keep-connection
answers 200 45 -d '{"count": 10}' /sum/keep-connection
ask -X POST /look_around/keep-connection
equal 'end to end: spawn: a new run has the name, the directory and the hook of the program' \
    "\"spawn\" \"$(dirname "$PWD")\" \"none\" true" \
    "$(member name) $(member directory) $(member order) $(member is_prepared)"
kill -KILL "$(member fork_server)"
answers 200 8 -d '{"number": 4}' /twice/keep-connection
stop_server
equal 'end to end: spawn: the server stops as without it' 0 $?

short='a new run of the program did not reach the start of its server:'
while read -r how why; do
    start_spawning "$how"
    answers 500 "\"$why\"" -d '{"number": 21}' /twice/keep-connection
    stop_server
done <<END
exit $short exited with status 3 before returning
crash $short killed by SIGABRT (Aborted)
close $short exited with status 1 before returning
change registered differently in the new run of the program: the server has sum(count: INTEGER), the new run has sum(number: INTEGER)
END
