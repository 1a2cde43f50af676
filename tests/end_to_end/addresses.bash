# shellcheck shell=bash disable=SC2154
# A server on a Unix socket, and one on IPv6.

start_server "$program" --unix-socket "$scratch/socket"
equal 'end to end: a Unix socket serves' 9 \
    "$(curl --silent --unix-socket "$scratch/socket" -d '{"x": 3, "y": 6}' http://localhost/addition/keep-connection)"
stop_server
equal 'end to end: a Unix socket is removed at the end' absent "$([[ -e $scratch/socket ]] && echo there || echo absent)"

if [[ -e /proc/net/if_inet6 ]] && grep -q ' lo$' /proc/net/if_inet6; then
    start_server "$program" --host ::1 --port 0
    answers 200 9 -d '{"x": 3, "y": 6}' /addition/keep-connection
    stop_server
fi
