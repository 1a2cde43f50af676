# shellcheck shell=bash disable=SC2154
# Calls, the tasks that they are, and the arguments that are refused.

answers 200 '{"success": true, "message": "", "task_id": "<id>"}' -d '{"value": "a"}' /echo
last_id=$(id)
equal 'end to end: Location names the task' "task/info/$last_id" "$(field Location)"
waits_for true "/task/done/$last_id"
answers 200 true "/task/done/$last_id"
answers 200 '"a"' "/task/result/$last_id"
begins 200 '{"task_id": "<id>", "function_name": "echo", "status": "DONE", "result": "a", ' "/task/info/$last_id"
begins 200 '[{"task_id": "<id>", "function_name": "echo", "status": "DONE", "result": "a", ' /task/list/echo
answers 200 '[]' /task/list/nothing
unknown=00000000-0000-4000-8000-000000000000
refuses 404 "/task/info/$unknown"
refuses 404 "/task/done/$unknown"
refuses 404 "/task/result/$unknown"
refuses 404 /task/info/not-an-id
refuses 404 /task/list/unknown

answers 200 9 -d '{"x": 3, "y": 6}' /addition/keep-connection
answers 200 9 -d '{"x": "3", "y": 6.0}' /addition/keep-connection
answers 200 9 -H 'Content-Type: applicaiton/json' -d '{"x": 3, "y": 6}' /addition/keep-connection/
answers 200 null -X POST /nothing/keep-connection
answers 200 null -d '{}' /nothing/keep-connection
answers 200 '"ü and 𝄞"' -d '{"value": "ü and \ud834\udd1e"}' /echo/keep-connection
answers 200 9 -d '{"x": 3, "y": 6}' /%61ddition/keep-connection
returned=0
for _ in {1..20}; do
    ask -d '{"x": 1, "y": 1}' /addition/keep-connection
    [[ "$status $body" == '200 2' ]] && ((++returned))
done
equal 'end to end: back-to-back calls of a function with a concurrency of 1 all succeed' 20 "$returned"

# complains ERROR BODY TARGET: 400 with the sentence; further members may follow it.
complains() {
    ask -d "$2" "$3"
    matches "end to end: POST $3 $2 is refused with $1" "^400 \{\"error\": \"$1\"" "$status $body"
}
complains 'Parameter Missing: x' '{}' /addition
complains 'Parameter Missing: y' '{"x": 1}' /addition
complains 'Parameter is Invalid: x abc INTEGER' '{"x": "abc", "y": 1}' /addition
complains 'Parameter is Invalid: x 1.5 INTEGER' '{"x": 1.5, "y": 1}' /addition
complains 'Parameter is Invalid: y 9999999999 INTEGER' '{"x": 1, "y": 9999999999}' /addition/keep-connection
complains 'Parameter Unknown: z' '{"x": 1, "y": 1, "z": 1}' /addition
refuses 400 -d '{"x": 1' /addition
refuses 400 -d '[1, 2]' /addition
refuses 404 -d '{}' /unknown
refuses 404 -d '{}' /unknown/keep-connection
refuses 404 -d '{}' /addition/keep-connection/more
