# shellcheck shell=bash disable=SC2154
# What is told of how a call ended, its limits, its log and progress, stopping it, and waiting for it.

# info ID: asks for the task, for its members one by one.
info() { ask "/task/info/$1"; }

# member PATH: a member of the last answer, as compact JSON.
member() {
    python3 -c '
import json, sys
value = json.load(sys.stdin)
for name in sys.argv[1].split("."):
    value = value[int(name) if name.isdigit() else name]
print(json.dumps(value))' "$1" <<<"$body" 2>/dev/null
}

# ended FUNCTION STATUS RESULT OUTCOME: calls it, and what its task says of the end.
ended() {
    ask -X POST "/$1"
    last_id=$(id)
    waits_for '"usage": ' "/task/info/$last_id"
    equal "end to end: $1 ends as $4" "\"$2\" $3 \"$4\"" \
        "$(member status) $(member result) $(member outcome)"
}

ended nothing DONE null returned
matches 'end to end: a task tells the times of its life' \
    '^"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{3}Z" "[^"]*Z" "[^"]*Z" [0-9.e-]+$' \
    "$(member created) $(member started) $(member finished) $(member queue_wait)"
matches 'end to end: and what it used' '^[0-9]+$' "$(member usage.peak_resident_bytes)"

ended null_write FAILED '"killed by SIGSEGV (Segmentation fault)"' crashed
equal 'end to end: a crash tells the signal and the address' '"SIGSEGV" 11 "0x8"' \
    "$(member crash.signal) $(member crash.number) $(member crash.address)"
matches 'end to end: and the function and the line that crashed' \
    '^"null_write\(\)\+0x[0-9a-f]+ \(server\) at [^ ]*tests/end_to_end/server\.cpp:[0-9]+"$' "$(member crash.backtrace.0)"

ended recursion FAILED '"killed by SIGSEGV (Segmentation fault)"' crashed
matches 'end to end: endless recursion tells the function too' 'descend\(' "$(member crash.backtrace)"

ended refuse FAILED '"not today"' threw
equal 'end to end: an exception tells its type' '"std::runtime_error" "not today"' \
    "$(member exception.type) $(member exception.what)"

ended leave FAILED '"exited with status 3 before returning"' exited
equal 'end to end: an exit tells its status' 3 "$(member exit_status)"

# The allocator of AddressSanitizer ends the process where others throw.
[[ -n ${ASAN_OPTIONS-} ]] || ended allocate FAILED '"out of memory (limit 268435456 bytes)"' out_of_memory
answers 200 9 -d '{"x": 3, "y": 6}' /addition/keep-connection

ended burn FAILED '"used more than 1 s of processor time"' cpu_limit

ended too_long TIMEOUT '"timeout"' timed_out
answers 504 '"timeout"' -X POST -H 'X-Timeout: 0.05' /forever/keep-connection
ask -X POST -H 'X-Timeout: soon' /forever/keep-connection
matches 'end to end: a timeout that is no number is refused' '^400 .*X-Timeout' "$status $body"

# A function that ignores SIGTERM, with two levels of children.
mkfifo "$scratch/processes"
ask -d "{\"fifo\": \"$scratch/processes\"}" /stubborn
last_id=$(id)
exec {processes}<>"$scratch/processes"
stubborn=()
for _ in 1 2 3; do
    read -r -t 60 -u "$processes" process && stubborn+=("$process")
done
exec {processes}>&-
equal 'end to end: a stubborn call runs with two levels of children' 3 "${#stubborn[@]}"
before=$(date +%s%3N)
answers 200 '{}' -X POST "/terminate/task/$last_id"
took=$(($(date +%s%3N) - before))
succeeds "end to end: terminating it takes no longer than its grace and a second" test "$took" -lt 1200
left=0
for process in "${stubborn[@]}"; do
    [[ ! -d /proc/$process ]] || grep -q '^State:.*zombie' "/proc/$process/status" 2>/dev/null || left=$((left + 1))
done
equal 'end to end: and none of its processes is left' 0 "$left"
info "$last_id"
equal 'end to end: it ends as terminated' '"FAILED" "Manual Termination" "terminated"' \
    "$(member status) $(member result) $(member outcome)"
matches 'end to end: and tells how long that took' '^0\.[12]' "$(member stop.took)"

# Log and progress of a call that runs.
mkfifo "$scratch/go"
ask -d "{\"fifo\": \"$scratch/go\"}" /watched
last_id=$(id)
waits_for '"fraction": 0.5' "/task/info/$last_id"
equal 'end to end: progress shows while the call runs' '"RUNNING" {"fraction": 0.5, "message": "half"}' \
    "$(member status) $(member progress)"
waits_for 'half of it' "/task/log/$last_id"
answers 200 $'half of it' "/task/log/$last_id"
equal 'end to end: a log is plain text' 'text/plain; charset=utf-8' "$(field Content-Type)"
answers 200 'of it' "/task/log/$last_id?offset=5"
equal 'end to end: and tells where it begins and how long it is' '5 11' "$(field Log-Offset) $(field Log-Size)"
echo go >"$scratch/go"
waits_for 'true' "/task/done/$last_id"
answers 200 $'half of it\nall of it' "/task/log/$last_id"
refuses 400 "/task/log/$last_id?offset=far"
refuses 404 "/task/log/$unknown"

# A gigabyte of output.
resident() { awk '/^VmRSS/ {print $2}' "/proc/$server/status"; }
before=$(resident)
ask -X POST /chatter
last_id=$(id)
answers 200 9 -d '{"x": 3, "y": 6}' /addition/keep-connection
waits_for 'true' "/task/done/$last_id"
ask "/task/log/$last_id"
equal 'end to end: of a gigabyte, the last 64 KiB are kept' '65536 1000000000' "${#body} $(field Log-Size)"
succeeds 'end to end: and the server has not grown by more than 8 MiB' test "$(($(resident) - before))" -lt 8192

# A queue of a hundred, one at a time.
mkfifo "$scratch/first"
ask -d "{\"fifo\": \"$scratch/first\", \"file\": \"$scratch/order\", \"number\": 0}" /in_order
queued=()
for number in $(seq 1 100); do
    ask -d "{\"fifo\": \"\", \"file\": \"$scratch/order\", \"number\": $number}" /in_order
    queued+=("$(id)")
done
ask -d "{\"fifo\": \"\", \"file\": \"$scratch/order\", \"number\": 101}" /in_order
matches 'end to end: a call that the queue has no room for is refused' '^429 .*"success": false' "$status $body"
info "${queued[0]}"
equal 'end to end: a queued task tells its position' '"QUEUED" 1' "$(member status) $(member position)"
answers 200 '{}' -X POST "/terminate/task/${queued[49]}"
info "${queued[49]}"
equal 'end to end: a queued task that is terminated leaves the queue' '"FAILED" "terminated"' \
    "$(member status) $(member outcome)"
info "${queued[99]}"
equal 'end to end: and those behind it move up' '"QUEUED" 99' "$(member status) $(member position)"
echo go >"$scratch/first"
waits_for 'true' "/task/done/${queued[99]}"
equal 'end to end: a queue is served in order' "$({ seq 0 49; seq 51 100; } | tr '\n' ' ')" \
    "$(tr '\n' ' ' <"$scratch/order")"
