# shellcheck shell=bash disable=SC2154
# A busy port, and the two ways to end. It ends the server that the others ask.

busy=$("$program" --port "${url##*:}" 2>&1)
matches 'end to end: a busy port is named' "127\.0\.0\.1.*${url##*:}" "$busy"

curl --silent --max-time 60 -d "$call" "$url/line_from/keep-connection" >"$scratch/last" &
client=$!
waits_for '^200 1$' /function/running-count/line_from
kill -TERM "$server"
waits_for '^(000|503)' -X POST /nothing
echo 'in peace' >"$scratch/fifo"
wait "$client"
equal 'end to end: SIGTERM lets a running call end' '"in peace"' "$(<"$scratch/last")"
wait "$server"
equal 'end to end: and then the server ends by itself' 0 "$?"

start_server "$program" --port 0
ask -X POST /forever
kill -TERM "$server"
waits_for '^(000|503)' -X POST /nothing
kill -TERM "$server"
wait "$server"
equal 'end to end: a second SIGTERM ends the running calls too' 0 "$?"
