# shellcheck shell=bash disable=SC2154
# Streams of what becomes of tasks, read with curl.

# names FILE: the names of the events in it.
names() { sed -n 's/^event: //p' "$1" | tr '\n' ' '; }

# comes FILE PATTERN: waits until a stream has such a line, for a minute at most.
comes() {
    local deadline=$((SECONDS + 60))
    until grep --quiet --extended-regexp "$2" "$1" 2>/dev/null; do
        if ((SECONDS > deadline)); then
            failed "end to end: a stream has $2" "$(<"$1")"
            return
        fi
        sleep 0.05
    done
    ok "end to end: a stream has $2"
}

curl --silent --no-buffer --max-time 120 "$url/events" >"$scratch/all" &
all=$!
comes "$scratch/all" '^event: welcome'

mkfifo "$scratch/story"
ask -d "{\"fifo\": \"$scratch/story\"}" /watched
last_id=$(id)
curl --silent --no-buffer --max-time 60 "$url/task/events/$last_id" >"$scratch/one" &
one=$!
comes "$scratch/one" '^data: \{"fraction": 0.5, "message": "half"\}'
comes "$scratch/one" '^data: \{"offset": 0, "text": "half of it'
place=$(sed -n 's/^id: //p' "$scratch/one" | tail -n 1)
echo go >"$scratch/story"
wait "$one"
equal 'end to end: the stream of a task ends with it' 0 $?
matches 'end to end: with its end as the last event' '^started .*log completed $' "$(names "$scratch/one")"
curl --silent --max-time 60 --header "Last-Event-ID: $place" "$url/task/events/$last_id" >"$scratch/again"
equal 'end to end: who comes back hears the rest' 'log completed ' "$(names "$scratch/again")"
ask --header "Last-Event-ID: $(sed -n 's/^id: //p' "$scratch/again" | tail -n 1)" "/task/events/$last_id"
equal 'end to end: who heard the end is told not to come back' 204 "$status"
comes "$scratch/all" "^data: .\"task_id\": \"$last_id\", \"progress\": "
comes "$scratch/all" "^data: .\"task_id\": \"$last_id\", .*\"status\": \"DONE\""
kill "$all"
wait "$all" 2>/dev/null
curl --silent --max-time 1 --header 'Last-Event-ID: 1-1' "$url/events" >"$scratch/reset"
equal 'end to end: a reader of another server begins anew' 'reset ' "$(names "$scratch/reset")"
refuses 404 "/task/events/$unknown"
ask --head "/task/events/$last_id"
equal 'end to end: HEAD of a stream is its head' '200 text/event-stream' "$status $(field Content-Type)"
