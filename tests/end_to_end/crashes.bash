# shellcheck shell=bash disable=SC2154
# The backtraces of crashes: their lines, and that they end at the user's function.

# last_frame: the outermost frame that the last answer tells.
last_frame() {
    python3 -c 'import json, sys; print(json.load(sys.stdin)["crash"]["backtrace"][-1])' <<<"$body" 2>&1
}

for crashing in crashes crashes_optimized; do
    start_server "$programs/$crashing" --port 0
    for function in plain half functor lambda erased member in_thread in_async; do
        case $function in
            half | member) ask -d '{"value": 1}' "/$function" ;;
            *) ask -X POST "/$function" ;;
        esac
        last_id=$(id)
        waits_for '"usage": ' "/task/info/$last_id"
        line=$(grep --line-number "// $function\$" tests/end_to_end/crashes.cpp | cut --delimiter=: --fields=1)
        matches "end to end: a backtrace of $crashing ends at the function: $function" \
            "tests/end_to_end/crashes\.cpp:$line\$" "$(last_frame)"
        equal "end to end: and none of its frames is the server's: $function" 0 \
            "$(grep --count --extended-regexp 'restful_functions::|std::__invoke' <<<"$body")"
    done
    stop_server
done
