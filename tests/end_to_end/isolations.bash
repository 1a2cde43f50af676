# shellcheck shell=bash disable=SC2154
# Calls end the same whichever their isolation, and find of each other what it says.

# ends HOW STATUS RESULT OUTCOME [CURL_ARGUMENT...]: what the task of such a call says of its end.
ends() {
    ask -d "{\"how\": \"$1\"}" "${@:5}" "/${isolation}_end"
    last_id=$(id)
    [[ $1 != hangs || $4 != terminated ]] || ask -X POST "/terminate/task/$last_id"
    waits_for '"usage": ' "/task/info/$last_id"
    equal "end to end: $isolation: a call that $1 ends as $4" "\"$2\" $3 \"$4\"" \
        "$(member status) $(member result) $(member outcome)"
}

# ends_all: every way that a call can end.
ends_all() {
    ends throws FAILED '"not today"' threw
    ends exits FAILED '"exited with status 3 before returning"' exited
    equal "end to end: $isolation: an exit tells its status" 3 "$(member exit_status)"
    ends crashes FAILED '"killed by SIGSEGV (Segmentation fault)"' crashed
    equal "end to end: $isolation: a crash tells the signal and the address" '"SIGSEGV" "0x8"' \
        "$(member crash.signal) $(member crash.address)"
    ends is_killed FAILED '"killed by SIGKILL (Killed)"' crashed
    # The allocator of AddressSanitizer ends the process where others throw.
    [[ -n ${ASAN_OPTIONS-} ]] || ends allocates FAILED '"out of memory (limit 268435456 bytes)"' out_of_memory
    ends computes FAILED '"used more than 1 s of processor time"' cpu_limit
    ends hangs TIMEOUT '"timeout"' timed_out -H 'X-Timeout: 0.05'
    ends hangs FAILED '"Manual Termination"' terminated
    matches "end to end: $isolation: its task tells how long that took" '^[0-9.e-]+$' "$(member stop.took)"
    ask -d '{"how": "returns"}' "/${isolation}_end/keep-connection"
    matches "end to end: $isolation: after all of these a call returns" '^200 [0-9]+$' "$status $body"
    traceparent=00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
    answers 200 "\"$traceparent\"" -X POST -H "Traceparent: $traceparent" "/${isolation}_trace/keep-connection"
    answers 200 '"none"' -X POST "/${isolation}_trace/keep-connection"
    answers 200 '"none"' -X POST -H 'Traceparent: 1' "/${isolation}_trace/keep-connection"
}

# watch: a call's log and progress.
watch() {
    ask -d "{\"fifo\": \"$scratch/half\"}" "/${isolation}_watched"
    last_id=$(id)
    waits_for '"fraction": 0.5' "/task/info/$last_id"
    equal "end to end: $isolation: progress shows while the call runs" \
        '"RUNNING" {"fraction": 0.5, "message": "half"}' "$(member status) $(member progress)"
    waits_for 'half of it' "/task/log/$last_id"
    echo go >"$scratch/half"
    waits_for '"usage": ' "/task/info/$last_id"
    equal "end to end: $isolation: and its result afterwards" '"DONE" "go"' "$(member status) $(member result)"
    matches "end to end: $isolation: and what it used" '^[0-9]+$' "$(member usage.peak_resident_bytes)"
    answers 200 $'half of it\nall of it' "/task/log/$last_id"
}

# print_and_hang: what a call prints that hangs: its lines while it runs, and the rest when it is terminated.
print_and_hang() {
    ask -X POST "/${isolation}_prints"
    last_id=$(id)
    curl --silent --no-buffer --max-time 120 "$url/task/events/$last_id" >"$scratch/events_$isolation" &
    comes "$scratch/events_$isolation" 'by cout\\n"'
    answers 200 '{}' -X POST "/terminate/task/$last_id"
    wait $!
    answers 200 $'by printf\nby cout\nhalf a line' "/task/log/$last_id"
}

# outlive_a_crash: a call beside one of the same function that crashes.
outlive_a_crash() {
    ask -d '{"how": "hangs"}' "/${isolation}_end"
    last_id=$(id)
    answers 500 '"killed by SIGSEGV (Segmentation fault)"' -d '{"how": "crashes"}' "/${isolation}_end/keep-connection"
    info "$last_id"
    equal "end to end: $isolation: a crash leaves other calls of its function alone" '"RUNNING"' "$(member status)"
    answers 200 '{}' -X POST "/terminate/function/${isolation}_end"
}

# found MEMBER: what each of six calls, one after the other, has found of it.
found() {
    local answer
    for answer in "${answers_of_six[@]}"; do
        body=$answer
        member "$1"
    done | paste --serial --delimiters ' '
}

# ask_six: leaves their answers in `answers_of_six`, and in `processes` how many served them.
ask_six() {
    answers_of_six=()
    for _ in {1..6}; do
        ask -X POST "/${isolation}_traces/keep-connection"
        answers_of_six+=("$body")
    done
    processes=$(found process | tr ' ' '\n' | sort --unique | wc --lines)
}

# is_fresh: nothing of one call is there for the next.
is_fresh() {
    equal "end to end: $isolation: a call finds globals as they were" '0 0 0 0 0 0' "$(found calls)"
    equal "end to end: $isolation: and the statics of its function" '0 0 0 0 0 0' "$(found calls_of_function)"
    equal "end to end: $isolation: and the environment" '"none" "none" "none" "none" "none" "none"' \
        "$(found environment)"
    equal "end to end: $isolation: and the working directory" 'false false false false false false' \
        "$(found is_at_root)"
    equal "end to end: $isolation: and the umask" 'false false false false false false' "$(found has_own_umask)"
}

mkfifo "$scratch/half"
start_server "$(dirname "$program")/isolations" --port 0
for isolation in process worker rewind spawn; do
    ends_all
    outlive_a_crash
    watch
    print_and_hang
done

isolation=process
ask_six
equal 'end to end: process: each call has its own' 6 "$processes"
is_fresh

for isolation in worker spawn; do
    ask_six
    equal "end to end: $isolation: after worker_calls of 3 another process serves" 2 "$processes"
    equal "end to end: $isolation: a call finds what those before it have left" '0 1 2 0 1 2' "$(found calls)"
    equal "end to end: $isolation: and a new process none of it" '"none" "some" "some" "none" "some" "some"' \
        "$(found environment)"
    equal "end to end: $isolation: nor their working directory" 'false true true false true true' \
        "$(found is_at_root)"
done

isolation=rewind
ask_six
is_fresh
processes_of_six=2
while read -r -t 0 -u "$server_output" && read -r -t 1 -u "$server_output" line; do
    [[ $line != *isolation::rewind* ]] || processes_of_six=6
done
equal 'end to end: rewind: with worker_calls of 3, two serve six calls where the kernel can do it' \
    "$processes_of_six" "$processes"
stop_server
