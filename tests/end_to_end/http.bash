# shellcheck shell=bash disable=SC2154
# HTTP itself: methods, limits, framing, connections.

ask /function/definition/addition
head=$(raw 'HEAD /function/definition/addition HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'; echo .)
equal 'end to end: HEAD has the length of GET' ${#body} "$(field Content-Length)"
equal 'end to end: HEAD has no body' '.' "${head#*$'\n\n'}"
ask -X OPTIONS /addition
matches 'end to end: OPTIONS names the methods' '^20[04] .*POST' "$status $(field Allow)"
refuses 405 /addition
matches 'end to end: 405 names the methods that are there' 'POST' "$(field Allow)"
refuses 405 -X DELETE /function/list/data
matches 'end to end: 405 of a page that is read names GET and HEAD' 'GET.*HEAD' "$(field Allow)"
refuses 404 /no/such/path
refuses 400 /%zz

head --bytes=9000000 /dev/zero | tr '\0' ' ' >"$scratch/long"
refuses 413 --data-binary "@$scratch/long" -H 'Expect:' /echo
refuses 414 "/$(head --bytes=20000 /dev/zero | tr '\0' a)"
refuses 431 -H "X-Long: $(head --bytes=20000 /dev/zero | tr '\0' a)" /

printf '{"value": "%s"}' "$(head --bytes=2000000 /dev/zero | tr '\0' a)" >"$scratch/long"
ask --data-binary "@$scratch/long" -H 'Transfer-Encoding: chunked' -H 'Expect:' /echo/keep-connection
equal 'end to end: a chunked body of 2 MB comes back' '200 2000002' "$status ${#body}"
ask --data-binary "@$scratch/long" -H 'Expect: 100-continue' /echo/keep-connection
matches 'end to end: Expect: 100-continue is answered before the body is sent' '^HTTP/1.1 100 .*HTTP/1.1 200 ' "$(tr '\n' ' ' <<<"$head")"

equal 'end to end: a connection serves one request after another' '200 1 200 0' \
    "$(curl --silent --output /dev/null --output /dev/null --write-out '%{http_code} %{num_connects} ' "$url/" "$url/" | xargs)"

matches 'end to end: two requests in one packet are answered in order' '200 OK.*"function_name": "nothing".*404 Not Found' \
    "$(raw "GET /function/definition/nothing HTTP/1.1\r\nHost: localhost\r\n\r\nGET /unknown/x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")"
# closes NAME REQUEST: a request whose length or end two parsers could see differently.
closes() {
    matches "end to end: $1 is refused and the connection closed" '^HTTP/1.1 400 ' "$(raw "$2")"
    [[ $(raw "$2" | grep -c '^HTTP/1') == 1 ]] || failed "end to end: $1 is answered once"
}
smuggled='GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'
closes 'a body with both lengths' "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n$smuggled"
closes 'a body with two lengths' "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcd$smuggled"
closes 'a chunk without a size' "POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n$smuggled"
closes 'a folded header line' "GET / HTTP/1.1\r\nHost: localhost\r\nX: a\r\n b\r\n\r\n$smuggled"
closes 'a bare line feed' "GET / HTTP/1.1\nHost: localhost\n\n$smuggled"
closes 'a NUL in a header line' "GET / HTTP/1.1\r\nHost: localhost\r\nX: a\\0b\r\n\r\n$smuggled"
closes 'a request without Host' "GET / HTTP/1.1\r\n\r\n$smuggled"
closes 'a request with two Hosts' "GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n$smuggled"

mkfifo "$scratch/fifo"
exec {left}<>"/dev/tcp/127.0.0.1/${url##*:}"
call="{\"fifo\": \"$scratch/fifo\"}"
printf 'POST /line_from/keep-connection HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s' ${#call} "$call" >&"$left"
waits_for '^200 1$' /function/running-count/line_from
exec {left}>&-
echo 'nobody heard' >"$scratch/fifo"
waits_for '^200 0$' /function/running-count/line_from
ask /task/list/line_from
matches 'end to end: a call goes on when its client disconnects' '"DONE", "result": "nobody heard"' "$body"

# Five abandoned calls of a function of which one runs at a time: nobody waits for them, so a sixth would not either.
for _ in 1 2 3 4 5; do
    exec {left}<>"/dev/tcp/127.0.0.1/${url##*:}"
    printf 'POST /abandoned/keep-connection HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n' >&"$left"
    connections+=("$left")
done
waits_for '^200 (.*QUEUED){4}' /task/list/abandoned
for left in "${connections[@]}"; do exec {left}>&-; done
waits_for '^200 (.*"Client Disconnected"){5}' /task/list/abandoned
ask /task/list/abandoned
equal 'end to end: calls whose clients have gone run and wait no longer' '' "$(grep -oE 'QUEUED|RUNNING' <<<"$body")"

# What the transport refuses is answered as everything else.
head --bytes=9000000 /dev/zero >"$scratch/long"
listed='Origin: https://app.example'
refuses 413 --data-binary "@$scratch/long" -H 'Expect:' -H "$listed" /echo
equal 'end to end: a listed page can read that its upload is too large' https://app.example "$(field Access-Control-Allow-Origin)"
refuses 431 -H "$listed" -H "X-Long: $(head --bytes=20000 /dev/zero | tr '\0' a)" /
equal 'end to end: or its header fields' https://app.example "$(field Access-Control-Allow-Origin)"
ask /metrics
matches 'end to end: refusals of the transport are counted' \
    'method="GET",code="431"\} [1-9].*method="POST",code="413"\} [1-9]' "$(tr '\n' ' ' <<<"$body")"

# Larger than the limit and slower than the time that a silent client has: the refusal comes all the same.
matches 'end to end: a slow upload that is too large reads its refusal' '^413 ' \
    "$(curl --silent --max-time 60 --limit-rate 3M --header Expect: --data-binary @<(head --bytes 27000000 /dev/zero) \
        --output /dev/null --write-out '%{http_code} %{errormsg}' "$url/echo")"
