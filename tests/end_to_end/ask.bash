# shellcheck shell=bash disable=SC2154
# How the checks ask: with curl, and with bytes of their own; `url` is the server's.

# ask CURL_ARGUMENT...: the last one is the target. Leaves `status`, `head` and `body`.
ask() {
    : >"$scratch/head"
    : >"$scratch/body"
    status=$(curl --silent --max-time 60 --path-as-is --globoff \
        --dump-header "$scratch/head" --output "$scratch/body" --write-out '%{http_code}' \
        "${@:1:$#-1}" "$url${!#}")
    head=$(tr -d '\r' <"$scratch/head")
    body=$(tr --delete '\0' <"$scratch/body")
}

# raw TEXT: what comes back on a connection of its own for the bytes of TEXT, until the server closes it.
raw() {
    local port=${url##*:} connection
    exec {connection}<>"/dev/tcp/127.0.0.1/$port"
    printf '%b' "$1" >&"$connection"
    timeout 20 cat <&"$connection" | tr -d '\r'
    exec {connection}>&-
}

# waits_for PATTERN CURL_ARGUMENT...: asks until status and body are of that form, for a minute at most.
waits_for() {
    local pattern=$1 deadline=$((SECONDS + 60))
    shift
    until ask "$@" && [[ "$status $body" =~ $pattern ]]; do
        if ((SECONDS > deadline)); then
            failed "$(described "$@") becomes $pattern" "$status $body"
            return
        fi
    done
}

# field NAME: the value of a header field of the last answer.
field() { sed -n "s/^$1: //Ip" <<<"$head"; }

# id: the task id in the last answer.
id() { grep -oE '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}' <<<"$body" | head -n 1; }

# masked: the last answer's body without what differs from call to call.
masked() { sed -E 's/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/<id>/g' <<<"$body"; }

# answers STATUS BODY CURL_ARGUMENT...: the whole body; <id> stands for any task id.
answers() {
    local expected="$1 $2"
    shift 2
    ask "$@"
    equal "$(described "$@")" "$expected" "$status $(masked)"
}

# begins STATUS BEGINNING CURL_ARGUMENT...: the same for the beginning of the body; more may follow.
begins() {
    local expected="$1 $2" actual
    shift 2
    ask "$@"
    actual="$status $(masked)"
    equal "$(described "$@")" "$expected" "${actual:0:${#expected}}"
}

# refuses STATUS CURL_ARGUMENT...: with a problem document that repeats the status.
refuses() {
    local expected=$1
    shift
    ask "$@"
    matches "$(described "$@") is refused with $expected" \
        "^$expected application/problem\+json .*\"status\": ?$expected" "$status $(field Content-Type) $body"
}

described() {
    local method=GET text=${!#}
    [[ " $* " == *' -d '* || " $* " == *' -X POST '* ]] && method=POST
    [[ $text == *"$last_id"* && -n $last_id ]] && text=${text/$last_id/<id>}
    printf 'end to end: %s %s%s' "$method" "${text:0:60}" "$(given "$@")"
}

# given CURL_ARGUMENT...: the body that goes with a request, when it is short enough to read.
given() {
    local previous=''
    for argument in "$@"; do
        [[ $previous == -d && ${#argument} -lt 60 ]] && printf ' %s' "$argument"
        previous=$argument
    done
}

# The id that stands as <id> in a check's name.
last_id=''
