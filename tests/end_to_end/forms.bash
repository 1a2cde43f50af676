# shellcheck shell=bash disable=SC2154
# Arguments that are no JSON: forms and queries.

answers 200 9 -d 'x=3&y=6' /addition/keep-connection
answers 200 9 -X POST '/addition/keep-connection?x=3&y=6'
answers 200 9 -d '{"x": 3}' '/addition/keep-connection?y=6'
answers 200 '"a b ü"' --data-urlencode 'value=a b ü' /echo/keep-connection
complains 'Parameter is Invalid: x abc INTEGER' 'x=abc&y=1' /addition
complains 'Parameter Unknown: z' 'x=1&y=1&z=1' /addition
complains 'Parameter is Invalid: x 1 INTEGER' '{"x": 1, "y": 1}' '/addition?x=1'
refuses 400 -d 'x=%zz&y=1' /addition
