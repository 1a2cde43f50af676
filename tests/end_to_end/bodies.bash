# shellcheck shell=bash disable=SC2154
# Bodies as browsers, scripts and tools of other systems send them.

stop_server
start_server "$programs/bodies" --port 0 || exit

describes() { answers 200 "$1" "${@:2}"; }

# A browser's form with files: one that was not chosen, and several under one name.
describes '["abc text/csv 3","abc text/plain 3"]' \
    --form "files=@$scratch/abc;type=text/csv" --form "files=@$scratch/abc;type=text/plain" --form 'cover=;filename=' \
    /listed/keep-connection
describes '["abc text/csv 3","cover  text/plain; charset=utf-8 1"]' \
    --form "files[]=@$scratch/abc;type=text/csv" --form cover=x /listed/keep-connection
printf '[1,2]' >"$scratch/list"
describes '["list text/plain 5"]' --form "files=@$scratch/list;type=text/plain" /listed/keep-connection
ask --form 'files=@/dev/null;filename=' /listed
equal 'end to end: a required file that was not chosen is missing' 'Parameter Missing: files' \
    "$(sed -n 's/^{"error": "\([^"]*\)".*/\1/p' "$scratch/body")"
describes '[]' --form 'files=@/dev/null;filename=' /gathered/keep-connection
describes '[" text/plain; charset=utf-8 3"]' --data 'files=123' /listed/keep-connection
describes '"123"' --form 'value=123' /echo/keep-connection
describes '"abc"' --form "value=@$scratch/abc" /echo/keep-connection

# A form's text for bytes, and names of files.
ask --data 'file=123' /mirrored/keep-connection
equal 'end to end: a text for a blob is its bytes' 123 "$(cat "$scratch/body")"
equal 'end to end: bytes without a name have no Content-Disposition' '' "$(field Content-Disposition)"
ask --form "file=@$scratch/abc;filename=größe \"1\".txt" /mirrored/keep-connection
equal 'end to end: a result has the name of its file' \
    "inline; filename=\"gr____e _1_.txt\"; filename*=UTF-8''gr%C3%B6%C3%9Fe%20%221%22.txt" "$(field Content-Disposition)"
ask --form "file=@$scratch/abc;filename=a.txt;type=text/csv" /mirrored
last_id=$(id)
waits_for '^200 true$' "/task/done/$last_id"
begins 200 "{\"task_id\": \"<id>\", \"function_name\": \"mirrored\", \"status\": \"DONE\", \"result\": {\"content_type\": \"text/csv\", \"filename\": \"a.txt\", \"bytes\": 3, \"href\": \"../../task/result/<id>\"}" "/task/info/$last_id"
ask --head "/task/result/$last_id"
equal 'end to end: /task/result has the name' "inline; filename=\"a.txt\"; filename*=UTF-8''a.txt" "$(field Content-Disposition)"
describes '"passwd application/octet-stream 0 untitled"' \
    --data '{"file": {"bytes": "", "filename": "../../etc/passwd"}}' /kept/keep-connection
describes '[{"content_type":"image/png","base64":"YWJj","filename":"x.png"}]' --header 'Content-Type: image/png' \
    --header 'Content-Disposition: attachment; filename=x.png' --data-binary abc /gathered/keep-connection

# Byte order marks.
printf '\xef\xbb\xbf{"value": "x"}' >"$scratch/marked"
describes '"x"' --data-binary "@$scratch/marked" /echo/keep-connection
describes '"x"' --data-binary "@$scratch/marked" --header 'Content-Type: application/json' /echo/keep-connection
iconv --to-code UTF-16 <<<'{"value": "x"}' >"$scratch/utf16"
ask --data-binary "@$scratch/utf16" /echo
succeeds 'end to end: UTF-16 is named' grep --quiet UTF-16 "$scratch/body"

# Compressed bodies.
gzip <<<'{"value": "packed"}' >"$scratch/packed"
describes '"packed"' --header 'Content-Encoding: gzip' --data-binary "@$scratch/packed" /echo/keep-connection
gzip <"$scratch/packed" >"$scratch/twice"
describes '"packed"' --header 'Content-Encoding: gzip, gzip' --data-binary "@$scratch/twice" /echo/keep-connection
head --bytes 20000000 /dev/zero | gzip >"$scratch/bomb"
refuses 413 --header 'Content-Encoding: gzip' --data-binary "@$scratch/bomb" /echo
printf x >>"$scratch/packed"
refuses 400 --header 'Content-Encoding: gzip' --data-binary "@$scratch/packed" /echo
refuses 415 --header 'Content-Encoding: br' --data x /echo
succeeds 'end to end: 415 says what is taken' grep --quiet gzip <<<"$(field Accept-Encoding)"

# What decides how a request is read stands once, and what a target may not hold is said.
refuses 400 --header 'Content-Type: application/json' --header 'Content-Type: text/plain' --data '{"value": "x"}' /echo
ask --request POST '/echo?value=Zoë'
succeeds 'end to end: a refused letter is shown percent-encoded' grep --quiet '%C3%AB' "$scratch/body"

stop_server
start_server "$program" --port 0 || exit
