# shellcheck shell=bash
# Sourced by the test scripts: a line per check, "ok     name" or "FAILED name" with an explanation below.
# A script ends with `finish`, which fails when a check has.

any_failed=false

ok() { printf 'ok     %s\n' "$1"; }

# failed NAME [EXPLANATION]
failed() {
    any_failed=true
    printf 'FAILED %s\n' "$1"
    [[ -z ${2-} ]] || printf '           %s\n' "${2//$'\n'/$'\n           '}"
}

# equal NAME EXPECTED ACTUAL: EXPECTED is the whole text.
equal() {
    if [[ $3 == "$2" ]]; then ok "$1"; else failed "$1" "expected: $2"$'\n'"got:      $3"; fi
}

# matches NAME PATTERN ACTUAL: PATTERN is an extended regular expression for some of the text.
matches() {
    if [[ $3 =~ $2 ]]; then ok "$1"; else failed "$1" "no match for: $2"$'\n'"got: $3"; fi
}

# succeeds NAME COMMAND...: what the command prints is shown only when it fails.
succeeds() {
    local name=$1 output
    shift
    if output=$("$@" 2>&1); then ok "$name"; else failed "$name" "$output"; fi
}

finish() {
    if $any_failed; then exit 1; else exit 0; fi
}
