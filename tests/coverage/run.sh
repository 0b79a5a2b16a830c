#!/bin/sh
# ./dev coverage: run.sh BUILD. Runs every test on a build of the preset coverage and tells what they reached of lib.
#
# Lines and branches a folder and a file; BUILD/report/index.html shows every line. All branches count, also those on
# which memory is refused; only those that the compiler makes up for itself do not. Exit 1: fewer than 85 % of the
# branches, or a test failed.
set -eu
build=$1
minimum=85
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root"
find "$build" -name '*.gcda' -delete
tests=0
ctest --test-dir "$build" --output-on-failure --parallel "$(nproc)" </dev/null >"$build/tests.log" 2>&1 || tests=1
grep -E '^[0-9]+% tests passed|\*\*\*|^\s+[0-9]+ - ' "$build/tests.log" || true
exec tests/coverage/report.sh "$build" "$minimum" "$tests"
