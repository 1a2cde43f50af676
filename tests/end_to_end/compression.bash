# shellcheck shell=bash disable=SC2154
# Packed responses, unpacked by curl and by zstd.

ask /openapi.json
plain=$body
ask --compressed --header 'Accept-Encoding: gzip' /openapi.json
equal 'end to end: a large response is packed with gzip' 'gzip W/' "$(field Content-Encoding) $(field ETag | head --bytes 2)"
equal 'end to end: and unpacked the same' "$plain" "$body"
tag=$(field ETag)
ask --header 'Accept-Encoding: gzip' --header "If-None-Match: $tag" /openapi.json
equal 'end to end: what a client has packed is 304' '304' "$status"
ask --header 'Accept-Encoding: zstd, gzip' /openapi.json
equal 'end to end: a large response is packed with zstd' 'zstd' "$(field Content-Encoding)"
equal 'end to end: and unpacked the same, too' "$plain" "$(zstd --decompress --stdout --quiet "$scratch/body")"
ask --header 'Accept-Encoding: gzip' /function/definition/addition
equal 'end to end: a small response is sent as it is' '' "$(field Content-Encoding)"

# A result of 3 MB.
{ printf '{"value": "'; head --bytes 3000000 /dev/zero | tr '\0' x; printf '"}'; } >"$scratch/large"
ask --data-binary "@$scratch/large" /echo
large=$(id)
waits_for '^200 true$' "/task/done/$large"
ask "/task/log/$large"  # answered when its process is gone, and all is known of it
ask "/task/info/$large"
whole=$(sha256sum <"$scratch/body")
length=$(field Content-Length)
ask --head "/task/info/$large"
equal 'end to end: HEAD of a large result has its length' "200 $length" "$status $(field Content-Length)"
ask --header 'Accept-Encoding: zstd, gzip' "/task/info/$large"
equal 'end to end: a large result is packed in chunks' 'zstd chunked ' \
    "$(field Content-Encoding) $(field Transfer-Encoding) $(field Content-Length)"
equal 'end to end: and unpacked the same with zstd' "$whole" \
    "$(zstd --decompress --stdout --quiet "$scratch/body" | sha256sum)"
ask --compressed --header 'Accept-Encoding: gzip' "/task/info/$large"
equal 'end to end: and with gzip' "gzip $whole" "$(field Content-Encoding) $(sha256sum <"$scratch/body")"
ask --head --header 'Accept-Encoding: gzip' "/task/info/$large"
equal 'end to end: HEAD of what is packed has the same fields' 'gzip chunked ' \
    "$(field Content-Encoding) $(field Transfer-Encoding) $(field Content-Length)"
ask --http1.0 --header 'Accept-Encoding: gzip' "/task/info/$large"
equal 'end to end: HTTP/1.0 gets a large result as it is' " $length $whole" \
    "$(field Content-Encoding) $(field Content-Length) $(sha256sum <"$scratch/body")"
ask --compressed --header 'Accept-Encoding: gzip' '/task/list/echo?order=desc&limit=1'
equal 'end to end: a list with a large result is packed' "gzip $((length + 2))" \
    "$(field Content-Encoding) $(wc --bytes <"$scratch/body")"
