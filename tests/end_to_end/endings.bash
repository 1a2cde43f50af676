# shellcheck shell=bash disable=SC2154
# Calls that crash, throw, take too long, are too many, or are terminated.

answers 500 '"killed by SIGSEGV (Segmentation fault)"' -X POST /crash/keep-connection
answers 500 '"exited with status 3 before returning"' -X POST /leave/keep-connection
answers 500 '"not today"' -X POST /refuse/keep-connection
answers 504 '"timeout"' -X POST /too_long/keep-connection
ask /task/list/crash
last_id=$(id)
begins 200 '{"task_id": "<id>", "function_name": "crash", "status": "FAILED", "result": "killed by SIGSEGV (Segmentation fault)", ' "/task/info/$last_id"
ask /task/list/too_long
last_id=$(id)
begins 200 '{"task_id": "<id>", "function_name": "too_long", "status": "TIMEOUT", "result": "timeout", ' "/task/info/$last_id"

answers 200 '{"success": true, "message": "", "task_id": "<id>"}' -X POST /forever
first=$(id)
answers 200 '{"success": true, "message": "", "task_id": "<id>"}' -X POST /forever
second=$(id)
answers 429 '{"success": false, "message": "Over Max Concurrency 2", "task_id": ""}' -X POST /forever
matches 'end to end: a call over the limit learns when to try again' '^[0-9]+$' "$(field Retry-After)"
answers 429 '{"success": false, "message": "Over Max Concurrency 2", "task_id": ""}' -X POST /forever/keep-connection
answers 200 2 /function/running-count/forever
last_id=$first
answers 200 false "/task/done/$first"
begins 200 '{"task_id": "<id>", "function_name": "forever", "status": "RUNNING", "result": null, ' "/task/info/$first"
answers 200 '{}' -X POST "/terminate/task/$first"
begins 200 '{"task_id": "<id>", "function_name": "forever", "status": "FAILED", "result": "Manual Termination", ' "/task/info/$first"
answers 200 1 /function/running-count/forever
answers 200 '{}' -X POST /terminate/function/forever
last_id=$second
answers 200 '"Manual Termination"' "/task/result/$second"
answers 200 0 /function/running-count/forever
refuses 404 -X POST "/terminate/task/$unknown"
refuses 404 -X POST /terminate/function/unknown
