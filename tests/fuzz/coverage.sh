#!/bin/sh
# coverage.sh BUILD FOLDER: how many lines of the files that each target is for (COVERS in CMakeLists.txt) its inputs run
# through: the seeds, and those that a search has gathered in FOLDER/NAME. BUILD is one of the preset fuzz-coverage.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$1" && pwd)
found=$2

# lines FILE: "EXECUTED ALL" of a source file.
lines() {
    notes=$(find "$build/lib" "$build/cmd" -path "*/${1%/*}/CMakeFiles/*" -name "${1##*/}.gcno" | head -n 1)
    gcov -n "$notes" 2>/dev/null | awk -v file="$1" '
        /^File / { inside = index($0, "/" file) > 0 }
        inside && /^Lines executed:/ { split($2, part, "[:%]"); printf "%d %d\n", part[2] * $4 / 100 + 0.5, $4; exit }'
}

for list in "$build"/tests/fuzz/*.covers; do
    name=${list##*/}
    name=${name%.covers}
    find "$build" -name '*.gcda' -exec rm -f {} +
    set -- "$here/corpus/$name"
    [ ! -d "$found/$name" ] || set -- "$@" "$found/$name"
    inputs=$("$build/tests/fuzz/fuzz_$name" "$@")
    while read -r file; do
        lines "$file"
    done <"$list" | awk -v name="$name" -v inputs="${inputs%% *}" '
        { executed += $1; all += $2 }
        END { printf "fuzz: %-10s %6d inputs replayed: %5.1f %% of %d lines\n", name, inputs, all ? 100 * executed / all : 0, all }'
done
