#!/bin/sh
# sizes.sh ROOT: no file over 400 lines, no function over 60, in the C files of lib, cmd and tests.
# A function, as clang-format lays it out, has its braces alone in the first column.
set -eu
cd "$1"
find lib cmd tests -name '*.[ch]' 2>/dev/null | sort | xargs -r awk -v file_max=400 -v function_max=60 '
function end_of_file() {
    if (path != "" && lines > file_max) {
        printf "%s:%d: the file has %d lines; the budget is %d\n", path, file_max + 1, lines, file_max
        bad = 1
    }
}
FNR == 1 { end_of_file(); path = FILENAME; start = 0; head = "" }
{ lines = FNR }
/^[A-Za-z_].*\(/ { head = $0 }
/^\{$/ { start = FNR }
/^\}$/ && start > 0 {
    size = FNR - start + 1
    if (size > function_max) {
        printf "%s:%d: the function has %d lines; the budget is %d: %s\n", FILENAME, start, size, function_max, head
        bad = 1
    }
    start = 0
}
END { end_of_file(); exit bad }'
