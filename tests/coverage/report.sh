#!/bin/sh
# report.sh BUILD [MINIMUM [TESTS]]: tells what the tests that ran on this build reached of lib, folder by folder, and
# the files with less than MINIMUM percent of their branches. Exit 1: so it is for the whole of lib, or TESTS is not 0.
set -eu
build=$1
minimum=${2:-85}
tests=${3:-0}
cd "$(dirname "$0")/../.."
mkdir -p "$build/report"
# One after the other: with -j, gcovr 5.2 waits for ever when gcov says something that it does not understand.
gcovr --root . --object-directory "$build" --filter 'lib/' --exclude-unreachable-branches --exclude-throw-branches \
    --csv "$build/report/coverage.csv" --html-details "$build/report/index.html" \
    "$build" >"$build/report/log" 2>&1 || {
    cat "$build/report/log"
    exit 1
}
awk -F, -v minimum="$minimum" -v tests="$tests" '
function share(part, all) { return all ? sprintf("%5.1f", 100 * part / all) : "    -" }
function row(name, l, L, b, B) { printf "%-32s %5s %5d   %5s %5d\n", name, share(l, L), L - l, share(b, B), B - b }
NR == 1 { next }
{
    split($1, part, "/")
    folder = part[1] "/" part[2]
    if (!(folder in lines)) order[++count] = folder
    lines[folder] += $2; lines_hit[folder] += $3; branches[folder] += $5; branches_hit[folder] += $6
    all_l += $2; hit_l += $3; all_b += $5; hit_b += $6
    if ($5 && 100 * $6 / $5 < minimum) low[++low_count] = $1 "," $2 "," $3 "," $5 "," $6
}
END {
    printf "%-32s %5s %5s   %5s %5s\n", "", "lines", "open", "branches", "open"
    for (i = 1; i <= count; i++) { f = order[i]; row(f, lines_hit[f], lines[f], branches_hit[f], branches[f]) }
    row("lib", hit_l, all_l, hit_b, all_b)
    if (low_count) printf "\nbelow %d %% of branches:\n", minimum
    for (i = 1; i <= low_count; i++) { split(low[i], x, ","); row(x[1], x[3], x[2], x[5], x[4]) }
    if (!all_b) print "nothing was measured"
    exit tests || !all_b || 100 * hit_b < minimum * all_b
}' "$build/report/coverage.csv"
