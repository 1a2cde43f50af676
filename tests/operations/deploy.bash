# shellcheck shell=bash disable=SC2154
# Sourced by tests/operations/run: the files of docs/deploy, as far as they can be tried without systemd and an engine for
# containers.

container=docs/deploy/Containerfile

for unit in functions.socket functions.service; do
    sed 's,/usr/local/bin/functions,/bin/true,' "docs/deploy/$unit" >"$scratch/$unit"
done
equal 'operations: systemd finds nothing to say against the units' ' 0' \
    "$(systemd-analyze verify "$scratch/functions.socket" "$scratch/functions.service" 2>&1) $?"

# The files and the command that build the image, in a separate directory. Without optimization, to save time.
for source in $(sed -n 's/^COPY \([a-z]*\) [a-z]*$/\1/p' "$container"); do
    cp --recursive --parents "$source" "$scratch"
done
# shellcheck disable=SC2046
succeeds 'operations: the packages of the image exist' apt-get --simulate --quiet install \
    $(sed -n 's/.*--no-install-recommends \([^&]*\).*/\1/p' "$container")
# shellcheck disable=SC2016
succeeds 'operations: the image builds its example' bash -ec 'cd "$1"; eval "$2"' - "$scratch" \
    "$(sed -n 's/^RUN \(g[c+][c+] \)/\1/p' "$container" | sed 's/-O2/-O0/')"

# As it runs in the cluster: the first process, nobody, without capabilities, and nothing to write to.
entry=$(sed -n 's/^ENTRYPOINT //p' "$container" | tr --delete '[",]')
healthy=$(sed -n 's/^HEALTHCHECK CMD //p' "$container")
matches 'operations: the documentation has the health check of the image' "$healthy" "$(<docs/operating.md)"
if ((EUID == 0)); then
    matches 'operations: without a token the image serves nobody' 'tokens' \
        "$(env --unset=FUNCTIONS_TOKEN timeout 60 bash -c "$scratch/$entry --port 0" 2>&1)"
    start_server env FUNCTIONS_TOKEN=secret unshare --fork --kill-child --pid --mount-proc --mount bash -c \
        "mount --options remount,bind,ro / && exec setpriv --reuid 65534 --regid 65534 --clear-groups --no-new-privs \
            --bounding-set=-all --inh-caps=-all '$scratch/'$entry --port 0" || exit
    url=http://127.0.0.1:${url##*:}
    call=(curl --silent --max-time 60 --output - --write-out ' %{http_code}' --data '{"x": 3, "y": 6}' "$url/addition/keep-connection")
    equal 'operations: the image answers who has its token' '9 200' "$("${call[@]}" --header 'Authorization: Bearer secret')"
    matches 'operations: and nobody else' ' 401$' "$("${call[@]}")"
    for path in $(python3 -c '
import yaml
for each in yaml.safe_load_all(open("docs/deploy/kubernetes.yaml")):
    if each["kind"] != "Deployment": continue
    for container in each["spec"]["template"]["spec"]["containers"]:
        for probe in "startupProbe", "livenessProbe", "readinessProbe":
            print(container[probe]["httpGet"]["path"])'); do
        equal "operations: Kubernetes finds $path well" 200 \
            "$(curl --silent --max-time 60 --output /dev/null --write-out '%{http_code}' "$url$path")"
    done
    healthy=${healthy/http:\/\/127.0.0.1:8888/$url}
    succeeds 'operations: the health check of the image finds the server well' bash -c "$healthy"
    kill -s TERM "$(pgrep --parent "$server")"
    wait "$server"
    equal 'operations: it ends at SIGTERM' 0 $?
    exec {server_output}<&-
    if bash -c "$healthy" >/dev/null 2>&1; then
        failed 'operations: and notices that it is gone'
    else
        ok 'operations: and notices that it is gone'
    fi
fi
