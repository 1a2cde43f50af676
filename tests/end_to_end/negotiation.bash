# shellcheck shell=bash disable=SC2154
# How long a client waits for its call, calls that are sent again, and lists page by page.

mkfifo "$scratch/negotiated"
argument="{\"fifo\": \"$scratch/negotiated\"}"

answers 200 9 -H 'Prefer: wait=60' -d '{"x": 3, "y": 6}' /addition
equal 'end to end: a wait that was long enough is applied' 'wait=60' "$(field Preference-Applied)"

begins 202 '{"task_id": "<id>", "function_name": "line_from", "status": "RUNNING", "result": null' \
    -H 'Prefer: wait=1' -d "$argument" /line_from/keep-connection
equal 'end to end: a wait that was too short is applied' 'wait=1' "$(field Preference-Applied)"
waited_for=$(field Location)
begins 202 '{"task_id": "<id>"' -H 'Prefer: respond-async, wait=0' -X POST /nothing/keep-connection
answers 200 null "/task/result/${waited_for##*/}"

begins 200 '{"task_id": "<id>", "function_name": "line_from", "status": "RUNNING"' \
    "/task/wait/${waited_for##*/}?timeout=0.1"
curl --silent --max-time 60 "$url/task/wait/${waited_for##*/}?timeout=60" >"$scratch/ended" &
long_poll=$!
echo 'a line' >"$scratch/negotiated"
wait "$long_poll"
matches 'end to end: a long poll is answered when the task ends' \
    '"status": "DONE", "result": "a line"' "$(<"$scratch/ended")"
refuses 400 "/task/wait/${waited_for##*/}?timeout=soon"

ask -H 'Idempotency-Key: "first"' -d '{"value": "once"}' /echo
first=$body
ask -H 'Idempotency-Key: "first"' -d '{"value": "once"}' /echo
equal 'end to end: a call that is sent again runs once' "200 $first" "$status $body"
equal 'end to end: a call that is sent again says so' true "$(field Idempotent-Replayed)"
answers 200 '"once"' -H 'Idempotency-Key: "first"' -d '{"value": "once"}' /echo/keep-connection
refuses 422 -H 'Idempotency-Key: "first"' -d '{"value": "twice"}' /echo
refuses 400 -H 'Idempotency-Key: two words' -d '{"value": "once"}' /echo

for _ in 1 2 3 4 5; do ask -d '{"value": "listed"}' /echo/keep-connection; done
listed=0 pages=0 target='/task/list/echo?limit=2&status=done'
while [[ -n $target && $pages -lt 20 ]]; do
    ask "$target"
    ((pages++))
    ((listed += $(grep --only-matching '"result": "listed"' <<<"$body" | wc -l)))
    link=$(field Link)
    target=${link#<}
    target=${target%%>*}
    [[ -z $target ]] || target=/task/list/echo$target
done
equal 'end to end: the pages of a list hold all of it' 5 "$listed"
matches 'end to end: the pages of a list end' '^[3-9]$' "$pages"
begins 200 '[{"task_id": "<id>"' '/task/list?limit=1'
refuses 400 '/task/list?status=GONE'
refuses 400 '/task/list/echo?limit=0'
