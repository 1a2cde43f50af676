# shellcheck shell=bash disable=SC2034
# Sourced by the scripts that talk to a server: starts one and waits for the line that says where it listens.

# start_server COMMAND...: sets `url`, `server` (its process id) and `server_output` (a descriptor); fails when it ends first.
start_server() {
    local line
    exec {server_output}< <(exec "$@" 2>&1)
    server=$!
    while IFS= read -r -t 60 -u "$server_output" line; do
        if [[ $line == 'listening on '* ]]; then
            url=${line#listening on }
            return 0
        fi
        printf '%s\n' "$line" >&2
    done
    return 1
}

# stop_server [SIGNAL]: asks it to end, and returns its exit status once it has.
stop_server() {
    local status
    kill -s "${1-TERM}" "$server"
    wait "$server"
    status=$?
    exec {server_output}<&-
    return "$status"
}
