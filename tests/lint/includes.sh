#!/bin/sh
# includes.sh ROOT: every #include of lib and cmd is one that the tables `edges` and `thirdparty` allow. Tests are exempt.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cd "$1"
find lib cmd -name '*.[ch]' 2>/dev/null | sort | xargs -r awk -v edges="$here/edges" -v thirdparty="$here/thirdparty" '
function read_table(path, table, order,    line, at, count) {
    while ((getline line < path) > 0) {
        if (line ~ /^#/ || (at = index(line, ":")) == 0)
            continue
        order[++count] = substr(line, 1, at - 1)
        table[order[count]] = substr(line, at + 1) " "
    }
    close(path)
    return count
}
function complain(text) {
    printf "%s:%d: %s\n", FILENAME, FNR, text
    bad = 1
}
BEGIN {
    read_table(edges, may, ignored)
    header_count = read_table(thirdparty, owners, headers)
}
!/^[ \t]*#[ \t]*include[ \t]*["<]/ { next }
{
    split(FILENAME, part, "/")
    folder = part[1] "/" part[2]
    name = $0
    sub(/^[^"<]*["<]/, "", name)
    sub(/[">].*/, "", name)
}
name ~ /\.\./ { complain("\"" name "\": name a header by its folder, not by a way to it"); next }
{
    for (i = 1; i <= header_count; i++) {
        if (index(name, headers[i]) == 1) {
            if (index(owners[headers[i]], " " folder " ") == 0)
                complain("<" name "> belongs to" owners[headers[i]] "only")
            next
        }
    }
}
split(name, part, "/") == 2 && ("lib/" part[1]) in may {
    if (!(folder in may))
        complain(folder " is not in the table of edges (tests/lint/edges)")
    else if ("lib/" part[1] != folder && index(may[folder], " " part[1] " ") == 0)
        complain("\"" name "\": " folder " may include only:" (may[folder] == " " ? " nothing" : may[folder]))
}
END { exit bad }'
