# shellcheck shell=bash disable=SC2154
# What operators ask for: health and figures.

answers 200 '{"status": "live"}' /health/live
waits_for '^200 \{"status": "ready", "running": [0-9]+, "waiting": 0, "parked": [0-9]+, "max_processes": 256\}$' /health/ready

ask /metrics
matches 'end to end: GET /metrics counts calls by function and outcome' \
    'restful_functions_calls_total\{function="crash",outcome="crashed"\} [1-9]' "$body"
matches 'end to end: GET /metrics measures how long they ran' \
    'restful_functions_call_duration_seconds_bucket\{function="addition",le="\+Inf"\} [1-9]' "$body"
matches 'end to end: GET /metrics counts this connection' 'restful_functions_connections 1' "$body"
matches 'end to end: GET /metrics is of the text format' '^text/plain; version=0.0.4' "$(field Content-Type)"
