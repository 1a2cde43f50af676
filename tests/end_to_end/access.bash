# shellcheck shell=bash disable=SC2154
# Who may call: a server of its own that tells its callers apart, and pages of other sites.

refuses 421 -H 'Host: evil.example' /
refuses 403 -X POST -H 'Origin: http://evil.example' /nothing
answers 200 null -X POST -H "Origin: $url" /nothing/keep-connection
ask /
equal 'end to end: no answer is run as a script' nosniff "$(field X-Content-Type-Options)"

open_url=$url
exec {open_output}<&"$server_output"
open_server=$server
if start_server "${1-build/gcc}/tests/end_to_end/access" --port 0; then
    admin='Authorization: Bearer of-the-admin'
    refuses 401 /
    matches 'end to end: who is unknown is told how to say who it is' 'Bearer realm=.*Basic realm=' \
        "$(tr '\n' ' ' <<<"$(field WWW-Authenticate)")"
    refuses 401 -H 'Authorization: Bearer of-the-admi' /
    answers 200 '{"status": "live"}' /health/live
    answers 200 9 -H "$admin" -d '{"x": 3, "y": 6}' /addition/keep-connection
    answers 200 9 --user 'eve:a secret' -d '{"x": 3, "y": 6}' /addition/keep-connection
    refuses 401 --user 'eve:no secret' -d '{"x": 3, "y": 6}' /addition/keep-connection
    refuses 403 -H 'Authorization: Bearer of-the-viewer' -d '{"x": 3, "y": 6}' /addition
    begins 200 '[' -H 'Authorization: Bearer of-the-viewer' /task/list

    ask -H "$admin" -d '{"pin": "12x4"}' /log_in
    matches 'end to end: a secret argument is refused' '^400 .*Parameter is Invalid: pin \*\*\* INTEGER' "$status $body"
    [[ $body != *12x4* ]] && ok 'end to end: and not shown' || failed 'end to end: and not shown' "$body"

    page='Origin: https://app.example'
    ask -X OPTIONS -H "$page" -H 'Access-Control-Request-Method: POST' /addition
    equal 'end to end: a page that is listed may ask' '204 https://app.example' \
        "$status $(field Access-Control-Allow-Origin)"
    ask -H "$page" -H "$admin" -d '{"x": 3, "y": 6}' /addition/keep-connection
    equal 'end to end: and read' '200 9 https://app.example' "$status $body $(field Access-Control-Allow-Origin)"

    ask /health/live
    written=''
    until [[ $written == *'origin'* ]]; do
        ask -H "$admin" /the/origin/of/the/last/line
        while IFS= read -r -t 1 -u "$server_output" line; do written+=$line$'\n'; done
    done
    matches 'end to end: a line tells of each request and its caller' \
        'request peer=127.0.0.1 caller=admin method=POST path=/addition/keep-connection status=200 bytes=1 seconds=' "$written"
    matches 'end to end: and of each task' \
        'task task_id=[0-9a-f-]+ function=addition status=DONE outcome=returned seconds=' "$written"
    matches 'end to end: and of health checks, where that is asked for' \
        'method=GET path=/health/live status=200 ' "$written"
    if [[ $written == *of-the-admin* || $written == *12x4* ]]; then
        failed 'end to end: no line shows a secret' "$written"
    else
        ok 'end to end: no line shows a secret'
    fi
    stop_server
else
    failed 'end to end: the server that tells its callers apart starts'
fi
exec {server_output}<&"$open_output" {open_output}<&-
server=$open_server url=$open_url

output=$(timeout 20 "${1-build/gcc}/tests/end_to_end/server" --host 0.0.0.0 --port 0 2>&1)
matches 'end to end: a server that strangers can reach does not start without callers' \
    'give tokens, users or an authorizer, or set allow_anonymous' "$output"
