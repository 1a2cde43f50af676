# shellcheck shell=bash disable=SC2154
# Bytes as arguments and as results.

head --bytes 1000000 /dev/urandom >"$scratch/noise"
printf 'abc' >"$scratch/abc"

# returns NAME CURL_ARGUMENT...: the bytes of the noise come back.
returns() {
    local name=$1
    shift
    ask "$@"
    succeeds "end to end: $name" cmp "$scratch/noise" "$scratch/body"
}

returns 'bytes as a body go in and out' \
    --data-binary "@$scratch/noise" --header 'Content-Type: image/png' '/reversed/keep-connection?times=2'
equal 'end to end: bytes have their media type' 'image/png' "$(field Content-Type)"
returns 'bytes as a part of a form go in and out' \
    --form "file=@$scratch/noise;type=image/png" --form times=2 /reversed/keep-connection
answers 200 'cba' --form "file=@$scratch/abc;type=text/csv" /reversed/keep-connection
answers 200 'cba' --data '{"file": {"content_type": "text/csv", "base64": "YWJj"}}' /reversed/keep-connection
answers 200 'cba' --data '{"file": "abc"}' /reversed/keep-connection
refuses 400 --header 'Content-Type: multipart/form-data; boundary=x' --data 'nothing' /reversed
refuses 400 --form "image=@$scratch/abc" /reversed
refuses 400 --form "file=@$scratch/abc" --form "file=@$scratch/abc" /reversed

ask --data-binary "@$scratch/noise" --header 'Content-Type: image/png' '/reversed?times=2'
last_id=$(id)
waits_for '^200 true$' "/task/done/$last_id"
ask --head "/task/result/$last_id"
equal 'end to end: HEAD tells how long the bytes are' '1000000' "$(field Content-Length)"
tag=$(field ETag)
ask --range 1000-1999 "/task/result/$last_id"
equal 'end to end: a range of bytes is 206' "206 bytes 1000-1999/1000000" "$status $(field Content-Range)"
succeeds 'end to end: a range has its bytes' \
    cmp <(tail --bytes +1001 "$scratch/noise" | head --bytes 1000) "$scratch/body"
ask --head --range 1000-1999 "/task/result/$last_id"
equal 'end to end: a range is for GET alone' "200 1000000 " "$status $(field Content-Length) $(field Content-Range)"
refuses 416 --range 1000000- "/task/result/$last_id"
ask --header "If-None-Match: $tag" "/task/result/$last_id"
equal 'end to end: bytes that the client has are 304' 304 "$status"
begins 200 "{\"task_id\": \"<id>\", \"function_name\": \"reversed\", \"status\": \"DONE\", \"result\": {\"content_type\": \"image/png\", \"bytes\": 1000000, \"href\": \"../../task/result/<id>\"}" "/task/info/$last_id"
