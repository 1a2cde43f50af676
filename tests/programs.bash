# shellcheck shell=bash
# Sourced by the test scripts: what runs the programs of a build, in one list.

# unit_layers: the layers that have unit tests.
unit_layers() { find tests/unit -mindepth 1 -maxdepth 1 -type d -printf '%f\n' | sort; }

# programs DIRECTORY RUN: calls RUN NAME COMMAND... for each part.
programs() {
    local layer part
    while IFS= read -r -u 3 layer; do
        "$2" "unit tests: $layer" "$1/tests/unit/unit_$layer" --minimal --no-path-filenames
    done 3< <(unit_layers)
    for part in link examples end_to_end fuzz; do "$2" "${part//_/ }" "tests/$part/run" "$1"; done
    "$2" conformance "$1/tests/conformance/conformance"
}
