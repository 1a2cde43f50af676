# shellcheck shell=bash
# Sourced by the test scripts: what runs the programs of a build, in one list.

# unit_layers: the layers that have unit tests.
unit_layers() { find tests/unit -mindepth 1 -maxdepth 1 -type d -printf '%f\n' | sort; }

# programs DIRECTORY RUN [PART...]: calls RUN NAME COMMAND... for the unit tests and each part, or all parts.
programs() {
    local layer part parts=("${@:3}")
    ((${#parts[@]})) || parts=(link examples end_to_end fuzz conformance)
    while IFS= read -r -u 3 layer; do
        "$2" "unit tests: $layer" "$1/tests/unit/unit_$layer" --minimal --no-path-filenames
    done 3< <(unit_layers)
    for part in "${parts[@]}"; do "$2" "${part//_/ }" "tests/$part/run" "$1"; done
}
