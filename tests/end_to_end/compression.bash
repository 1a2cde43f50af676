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
