# shellcheck shell=bash disable=SC2154
# Sourced by tests/operations/run: the blocks of docs/operating.md for nginx, Caddy and HAProxy, each in front of a server,
# word for word but for addresses and ports.

site=functions.example.org

# block LANGUAGE [NUMBER]: what stands in the documentation between the fences of that language.
block() {
    awk -v fence='```'"$1" -v wanted="${2-1}" \
        '$0 == fence { inside = ++count == wanted; next } /^```/ { inside = 0 } inside' docs/operating.md |
        sed "s/127\.0\.0\.1:8888/${url#http://}/"
}

# browser ARGUMENT... PATH: curl, which finds the site at the proxy. Its address is not that of the proxy.
browser() { (browse "$@"); }

browse() {
    exec curl --silent --insecure --max-time 60 --interface 127.0.0.9 --resolve "$site:$port:127.0.0.1" "${@:1:$#-1}" "$public${!#}"
}

status_of() { browser --output /dev/null --write-out '%{http_code}' "$@"; }

# until_answer PATTERN PATH: waits for an answer that matches.
until_answer() {
    local deadline=$((SECONDS + 60))
    until answer=$(browser "$2") && [[ $answer =~ $1 ]]; do
        ((SECONDS < deadline)) && kill -0 "$proxy" 2>/dev/null || return
        sleep 0.1
    done
}

# passes NAME SCHEME COMMAND...: starts a proxy that listens at $port, and asks through it. It is left at work as `proxy`.
passes() {
    local name=$1 client id other_scheme=https
    public=$2://$site:$port
    [[ $2 == http ]] || other_scheme=http
    shift 2
    : >"$scratch/log"
    "$@" 2>"$scratch/proxy" &
    proxy=$!
    if ! until_answer . /health/live; then
        failed "operations: $name answers" "$(tail --lines 5 "$scratch/proxy")"
        return
    fi
    equal "operations: a call goes through $name" 9 "$(browser --data '{"x": 3, "y": 6}' /addition/keep-connection)"
    id=$(browser --data '{"x": 3, "y": 6}' /addition | grep -oE '[0-9a-f-]{36}')
    matches "operations: $name: so does a stream of events" 'event: completed' "$(browser "/task/events/$id")"
    equal "operations: $name: so do megabytes, both ways" 5000000 \
        "$(browser --form "file=@$scratch/x" /reversed/keep-connection | wc --bytes)"
    equal "operations: $name: a page of the server's own may call" '200 200' \
        "$(status_of --header "Origin: $public" --data '' /nothing) $(status_of --header "Origin: $public" \
            --header 'Sec-Fetch-Site: same-origin' --data '' /nothing)"
    equal "operations: $name: so may one of the usual port, which is not named" 200 \
        "$(status_of --header "Host: $site" --header "Origin: ${public%:*}" --data '' /nothing)"
    equal "operations: $name: another site's page may not, nor one of another scheme" '403 403' \
        "$(status_of --header 'Origin: http://elsewhere.example' --data '' /nothing) $(status_of \
            --header "Origin: $other_scheme:${public#*:}" --data '' /nothing)"
    browser --header 'Forwarded: for=192.0.2.7' --header 'X-Forwarded-For: 192.0.2.8' --output /dev/null /function/list/text
    until_logged /function/list/text
    matches "operations: $name: the log has the client, and not whom it claims to be" 'peer=127\.0\.0\.9 ' "$line"
    equal "operations: $name: and no line for health checks" '' "$(grep /health "$scratch/log")"
    browse --data '' /abandoned/keep-connection >/dev/null &
    client=$!
    until_answer '^1$' /function/running-count/abandoned
    kill "$client"
    wait "$client" 2>/dev/null
    until_answer '^0$' /function/running-count/abandoned
    equal "operations: $name: a call ends with its client" 0 "$answer"
}

leaves() {
    kill -s TERM "$proxy"
    wait "$proxy"
}

# stands_below_a_path NAME: all that a page and a client are led to lies below the path, too.
stands_below_a_path() {
    local public=$public/functions way
    equal "operations: $1: below a path a call answers" 9 "$(browser --data '{"x": 3, "y": 6}' /addition/keep-connection)"
    way=$(browser --output /dev/null --dump-header - --data '{"x": 3, "y": 6}' /addition |
        tr -d '\r' | sed -n 's/^Location: //pI')
    matches "operations: $1: Location leads to the task" '"function_name": "addition"' "$(browser "/$way")"
    for way in $(browser --header 'Accept: text/html' / | grep -oE '(src|href)="[^"#:]+"' | cut -d'"' -f2); do
        equal "operations: $1: the console finds its $way" 200 "$(status_of "/$way")"
    done
    matches "operations: $1: the description leads to the server" '"servers": \[\{"url": "\."\}\]' "$(browser /openapi.json)"
}

start_server bash -c 'exec "$0" --port 0 2>>"$1"' "$build/tests/end_to_end/server" "$scratch/log" || exit
head --bytes 5000000 /dev/zero | tr '\0' x >"$scratch/x"

# until_logged WORDS: waits for a line in the log that has them.
until_logged() {
    local deadline=$((SECONDS + 30))
    until line=$(grep --fixed-strings "$1" "$scratch/log") || ((SECONDS > deadline)); do sleep 0.1; done
}

curl --silent --output /dev/null "$url/health/live" --output /dev/null "$url/metrics"
head --bytes 9000000 /dev/zero | curl --silent --max-time 60 --output /dev/null --header Expect: --data-binary @- "$url/echo"
until_logged status=413
matches 'operations: the log has what is refused before it is a request' \
    'request peer=127\.0\.0\.1 method=POST path=/echo status=413 ' "$line"
equal 'operations: and no health checks that succeed' '' "$(grep -E 'path=/(health|metrics)' "$scratch/log")"

port=$((20000 + RANDOM % 10000))
cat >"$scratch/nginx.conf" <<END_OF_FILE
daemon off;
pid $scratch/nginx.pid;
error_log stderr error;
events {}
http {
    access_log off;
    client_body_temp_path $scratch;
    proxy_temp_path $scratch;
$(block nginx | sed "s/listen 80;/listen 127.0.0.1:$port;/; \$d")
$(block nginx 2)
    }
}
END_OF_FILE
passes nginx http nginx -c "$scratch/nginx.conf" -e stderr
stands_below_a_path nginx
equal 'operations: nginx: the path without its slash leads to the console' "$public/functions/" \
    "$(browser --output /dev/null --write-out '%{redirect_url}' /functions)"
leaves

port=$((20000 + RANDOM % 10000))
cat >"$scratch/Caddyfile" <<END_OF_FILE
{
    admin off
    http_port $((port - 10000))
    https_port $port
    local_certs
    skip_install_trust
    storage file_system $scratch/caddy
}
$(block caddy | sed '$d')
    handle_path /functions/* {
$(block caddy | sed -n '/^    reverse_proxy/,/^    }/p')
    }
}
END_OF_FILE
HOME=$scratch passes Caddy https caddy run --config "$scratch/Caddyfile" --adapter caddyfile
stands_below_a_path Caddy
leaves

port=$((20000 + RANDOM % 10000))
{
    block haproxy | sed "s/bind :80/bind 127.0.0.1:$port/"
    sed -n 's/^`\(http-request replace-path.*\)`\.$/    \1/p' docs/operating.md
} >"$scratch/haproxy.cfg"
passes HAProxy http haproxy -db -f "$scratch/haproxy.cfg"
stands_below_a_path HAProxy
leaves
stop_server
