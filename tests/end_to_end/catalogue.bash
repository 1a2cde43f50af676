# shellcheck shell=bash disable=SC2154
# What the server says of its functions.

answers 200 '/function/list/data
/function/list/text
/function/definition/{function_name}
/function/running-count/{function_name}
/task/info/{task_id}
/task/done/{task_id}
/task/result/{task_id}
/task/list/{function_name}
/terminate/function/{function_name}
/terminate/task/{task_id}' /

ask -H 'Accept: text/html,*/*;q=0.8' /
matches 'end to end: a browser gets the page' '^200 <!doctype html>' "$status $body"
matches 'end to end: and whose scripts it may run' "script-src 'self'" "$(field Content-Security-Policy)"
ask /console/main.js
equal 'end to end: and its scripts' '200 text/javascript; charset=utf-8' "$status $(field Content-Type)"

ask /function/list/text
matches 'end to end: GET /function/list/text is laid out as the original' '^addition
URL:
    async api: /addition
    block api: /addition/keep-connection
Max Concurrency: 1
Description:
        Simple Awesome Addition
Args
    x INTEGER Required
    A value of X
    y INTEGER Required
    A value of Y


forever
URL:
    async api: /forever
    block api: /forever/keep-connection
Max Concurrency: 2
Description:
        Heavy Function
No Args


echo
' "$body"

addition='{"function_name": "addition", "arg_definitions": [{"name": "x", "type": "INTEGER", "is_required": true, "description": "A value of X"}, {"name": "y", "type": "INTEGER", "is_required": true, "description": "A value of Y"}], "max_concurrency": 1, "description": "Simple Awesome Addition", "timeout": 86400}'
ask /function/list/data
equal 'end to end: GET /function/list/data begins with the first function' "[$addition, " "${body:0:${#addition}+3}"
answers 200 "$addition" /function/definition/addition
answers 200 0 /function/running-count/addition
refuses 404 /function/definition/unknown
refuses 404 /function/running-count/unknown
begins 200 '{"openapi": "3.1.0", ' /openapi.json
ask --header "If-None-Match: $(field ETag)" /openapi.json
equal 'end to end: GET /openapi.json again is 304 without a body' '304 ' "$status $body"
