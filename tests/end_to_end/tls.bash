# shellcheck shell=bash disable=SC2154
# TLS: a server with certificates that openssl makes here.

# certificate NAME ISSUER SUBJECT: NAME.pem and NAME.key, signed by ISSUER, or by itself.
certificate() {
    local name=$scratch/$1 issuer=$scratch/$2
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "$3" \
        -keyout "$name.key" -out "$name.csr" 2>/dev/null
    if [[ $1 == "$2" ]]; then
        openssl x509 -req -in "$name.csr" -signkey "$name.key" -days 2 -out "$name.pem" \
            -extfile <(echo 'basicConstraints=critical,CA:TRUE') 2>/dev/null
    else
        openssl x509 -req -in "$name.csr" -CA "$issuer.pem" -CAkey "$issuer.key" -CAcreateserial -days 2 \
            -out "$name.pem" -extfile <(echo 'subjectAltName=DNS:localhost') 2>/dev/null
    fi
}

# fingerprint: of the certificate that the server shows now.
fingerprint() {
    openssl s_client -connect "localhost:${url##*:}" </dev/null 2>/dev/null | openssl x509 -noout -fingerprint
}

certificate root root /CN=root
certificate first root /CN=localhost
certificate second root /CN=localhost
certificate stranger stranger /CN=stranger
certificate caller root /CN=caller
cp "$scratch/first.pem" "$scratch/server.pem"
cp "$scratch/first.key" "$scratch/server.key"

# keeps_out NAME CURL_ARGUMENT...: the handshake does not come about.
keeps_out() {
    local name=$1
    shift
    ask "$@"
    equal "end to end: $name" 000 "$status"
}

secure=${1-build/gcc}/tests/end_to_end/secure
plain_url=$url
plain_server=$server
exec {plain_output}<&"$server_output"
trust=(--cacert "$scratch/root.pem")

matches 'end to end: a certificate that is not there is named when the server starts' 'nowhere.pem.*cannot be used' \
    "$("$secure" "$scratch/nowhere.pem" "$scratch/server.key" 2>&1)"
matches 'end to end: so is a key of another certificate' 'second.key.*cannot be used' \
    "$("$secure" "$scratch/server.pem" "$scratch/second.key" 2>&1)"

if start_server "$secure" "$scratch/server.pem" "$scratch/server.key"; then
    matches 'end to end: a server with TLS says so' '^https://' "$url"
    answers 200 9 "${trust[@]}" -d '{"x": 3, "y": 6}' /addition/keep-connection
    answers 200 9 "${trust[@]}" --header 'Connection: close' -d '{"x": 3, "y": 6}' /addition/keep-connection
    keeps_out 'a client that does not trust the authority does not connect' --cacert "$scratch/stranger.pem" /
    keeps_out 'TLS 1.1 is not spoken' "${trust[@]}" --tls-max 1.1 /
    begins 200 / "${trust[@]}" --tls-max 1.2 /
    equal 'end to end: HTTP without TLS is not answered at its port' 000 \
        "$(curl --silent --max-time 20 --output /dev/null --write-out '%{http_code}' "http${url#https}/")"
    head --bytes 3000000 /dev/zero | tr '\0' x >"$scratch/x"
    { printf '{"value": "'; cat "$scratch/x"; printf '"}'; } >"$scratch/large"
    ask "${trust[@]}" --data-binary "@$scratch/large" /echo/keep-connection
    equal 'end to end: megabytes go both ways over TLS' '200 3000002' "$status $(wc --bytes <"$scratch/body")"
    equal 'end to end: the protocol is agreed on' 'ALPN protocol: http/1.1' "$(openssl s_client -alpn h2,http/1.1 \
        -connect "localhost:${url##*:}" </dev/null 2>/dev/null | grep ALPN)"
    before=$(fingerprint)
    cp "$scratch/second.pem" "$scratch/server.pem"
    kill -s HUP "$server"
    read -r -t 20 -u "$server_output" line
    while [[ $line != *'stays in use'* ]] && read -r -t 20 -u "$server_output" line; do :; done
    matches 'end to end: a certificate without its key is not taken at SIGHUP' 'old certificate stays in use' "$line"
    equal 'end to end: and the old one stays' "$before" "$(fingerprint)"
    cp "$scratch/second.key" "$scratch/server.key"
    kill -s HUP "$server"
    deadline=$((SECONDS + 30))
    until [[ $(fingerprint) != "$before" ]] || ((SECONDS > deadline)); do sleep 0.05; done
    equal 'end to end: a new certificate is shown after SIGHUP' \
        "$(openssl x509 -noout -fingerprint -in "$scratch/second.pem")" "$(fingerprint)"
    answers 200 9 "${trust[@]}" -d '{"x": 3, "y": 6}' /addition/keep-connection
    exec {half}<>"/dev/tcp/localhost/${url##*:}"
    printf '\x16\x03\x01' >&"$half"
    equal 'end to end: a handshake that stands still ends' '' "$(timeout 30 cat <&"$half")"
    exec {half}>&-
    stop_server
fi

own=(--cert "$scratch/caller.pem" --key "$scratch/caller.key")
if start_server "$secure" "$scratch/second.pem" "$scratch/second.key" "$scratch/root.pem"; then
    answers 200 9 "${trust[@]}" "${own[@]}" -d '{"x": 3, "y": 6}' /addition/keep-connection
    keeps_out 'a client without a certificate is refused' "${trust[@]}" /
    keeps_out "a client with a stranger's certificate is refused" "${trust[@]}" --cert "$scratch/stranger.pem" --key "$scratch/stranger.key" \
        /
    stop_server
fi

if start_server "$secure" "$scratch/second.pem" "$scratch/second.key" "$scratch/root.pem" optional; then
    answers 200 9 "${trust[@]}" "${own[@]}" -d '{"x": 3, "y": 6}' /addition/keep-connection
    answers 200 9 "${trust[@]}" -d '{"x": 3, "y": 6}' /addition/keep-connection
    keeps_out "where a certificate is not required, a stranger's is refused" "${trust[@]}" \
        --cert "$scratch/stranger.pem" --key "$scratch/stranger.key" /
    stop_server
fi
url=$plain_url
server=$plain_server
exec {server_output}<&"$plain_output"
