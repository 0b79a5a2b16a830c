#!/bin/sh
# run.sh BUILD SECONDS: searches each fuzz target of the build for so long, as many at once as there are processors. New
# inputs that reach something new gather in BUILD/corpus; what breaks a promise lies in BUILD/found, with the logs.
set -eu
here=$(cd "$(dirname "$0")" && pwd)

# search TARGET: one of them; the last lines are its figures, or what it found.
search() {
    name=${1##*/fuzz_}
    mkdir -p "$build/found/$name" "$build/corpus/$name"
    log=$build/found/$name.log
    dictionary=$here/corpus/$name.dict
    set -- "$1"
    [ ! -f "$dictionary" ] || set -- "$@" "-dict=$dictionary"
    if "$@" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -max_len=4096 -print_final_stats=1 \
        -artifact_prefix="$build/found/$name/" "$build/corpus/$name" "$here/corpus/$name" >"$log" 2>&1 </dev/null; then
        awk -v name="$name" '/ cov: / { for (i = 1; i < NF; i++) if ($i == "cov:") edges = $(i + 1) }
            /^stat::number_of_executed_units/ { inputs = $2 }
            END { printf "fuzz: %-10s %10s inputs tried, %6s edges reached\n", name, inputs, edges }' "$log"
        return 0
    fi
    tail -n 40 "$log" >&2
    echo "fuzz: $name found a fault: $build/found/$name, $log" >&2
    return 1
}

if [ "$1" = --one ]; then
    build=$2
    seconds=$3
    search "$4"
    exit
fi

build=$(cd "$1" && pwd)
seconds=$2
case $seconds in
'' | *[!0-9]*)
    echo "fuzz: '$seconds' is no number of seconds" >&2
    exit 64
    ;;
esac
count=0
for target in "$build"/tests/fuzz/fuzz_*; do
    [ -f "$target" ] && [ -x "$target" ] && count=$((count + 1))
done
if [ "$count" -eq 0 ]; then
    echo "fuzz: $build has no fuzz target: nothing was searched" >&2
    exit 1
fi
at_once=$(nproc)
echo "fuzz: $count targets for $seconds seconds each, $at_once at once"
if ! find "$build/tests/fuzz" -maxdepth 1 -type f -perm -u+x -name 'fuzz_*' -print0 | sort -z |
    xargs -0 -P "$at_once" -n 1 "$here/run.sh" --one "$build" "$seconds"; then
    echo "fuzz: a fault was found (inputs under $build/found)" >&2
    exit 1
fi
echo "fuzz: $count targets, no fault found"
