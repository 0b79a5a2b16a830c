#!/bin/sh
# run.sh BUILD MINUTES: every tests/*/soak one after the other, each with an equal share of the time. Each prints its seed
# and a line of figures, and keeps what it finds in a folder that it names.
set -eu
tests=$(cd "$(dirname "$0")/.." && pwd)
build=$(cd "$1" && pwd)
minutes=$2
case $minutes in
'' | *[!0-9]* | 0)
    echo "soak: '$minutes' is no number of minutes" >&2
    exit 64
    ;;
esac

count=0
for program in "$tests"/*/soak; do
    [ -f "$program" ] && [ -x "$program" ] && count=$((count + 1))
done
if [ "$count" -eq 0 ]; then
    echo "soak: there is no program tests/*/soak: nothing was tried" >&2
    exit 1
fi

export ASAN_OPTIONS=abort_on_error=1 UBSAN_OPTIONS=print_stacktrace=1
seconds=$((minutes * 60 / count))
failed=
totals=
for program in "$tests"/*/soak; do
    [ -f "$program" ] && [ -x "$program" ] || continue
    name=$(basename "$(dirname "$program")")
    echo "soak: $name for $seconds seconds"
    log=$build/soak-$name.log
    # The status of the program, not that of tee.
    status=$( { { timeout -k 30 $((seconds + 120)) "$program" "$build" "$seconds" 2>&1 </dev/null; echo $? >&3; } | tee "$log" >&2; } 3>&1 )
    [ "$status" -eq 0 ] || failed="$failed $name"
    totals="$totals
  $(tail -n 1 "$log")"
done

echo "soak: the last line of each:$totals"
if [ -n "$failed" ]; then
    echo "soak: $count programs in $minutes minutes, wrong:$failed (logs: $build/soak-*.log)" >&2
    exit 1
fi
echo "soak: $count programs in $minutes minutes, nothing wrong"
