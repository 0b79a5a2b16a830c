#!/bin/sh
# run.sh BUILD SECONDS: searches each fuzz target of the build for so long. What it finds lies in BUILD/found.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$1" && pwd)
seconds=$2
case $seconds in
'' | *[!0-9]*)
    echo "fuzz: '$seconds' is no number of seconds" >&2
    exit 64
    ;;
esac

count=0
failed=
for target in "$build"/tests/fuzz/fuzz_*; do
    [ -f "$target" ] && [ -x "$target" ] || continue
    name=${target##*/fuzz_}
    count=$((count + 1))
    mkdir -p "$build/found/$name" "$build/corpus/$name"
    echo "fuzz: $name for $seconds seconds"
    log=$build/found/$name.log
    if "$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=4096 -print_final_stats=1 \
        -artifact_prefix="$build/found/$name/" "$build/corpus/$name" "$here/corpus/$name" >"$log" 2>&1 </dev/null; then
        grep -E '^stat::number_of_executed_units' "$log" | sed 's/^stat::number_of_executed_units: */      inputs tried: /'
    else
        tail -n 40 "$log"
        failed="$failed $name"
    fi
done

if [ "$count" -eq 0 ]; then
    echo "fuzz: $build has no fuzz target: nothing was searched" >&2
    exit 1
fi
if [ -n "$failed" ]; then
    echo "fuzz: found a fault in:$failed (inputs under $build/found)" >&2
    exit 1
fi
echo "fuzz: $count targets, no fault found"
