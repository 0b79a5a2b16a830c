#!/bin/sh
# selftest.sh LINT: proves that the lint passes a good tree and fails each bad one, naming the place.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
lint=$1
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
failures=0

# plant PATH: the tree holds that file alone; its text comes on stdin.
plant() {
    rm -rf "${tree:?}"/*
    mkdir -p "$tree/$(dirname "$1")"
    cat >"$tree/$1"
}

passes() {
    if ! said=$("$here/$lint.sh" "$tree" 2>&1) || [ -n "$said" ]; then
        printf 'FAILED: %s should pass: %s\n%s\n' "$lint" "$1" "$said"
        failures=$((failures + 1))
    fi
}

# fails WHAT TEXT: the lint must fail and say TEXT.
fails() {
    if said=$("$here/$lint.sh" "$tree" 2>&1); then
        printf 'FAILED: %s should fail: %s\n' "$lint" "$1"
        failures=$((failures + 1))
    elif ! printf '%s' "$said" | grep -qF "$2"; then
        printf 'FAILED: %s on "%s" does not say "%s" but:\n%s\n' "$lint" "$1" "$2" "$said"
        failures=$((failures + 1))
    fi
}

# edge FILE INCLUDE: a file with that one include.
edge() {
    printf '/* a comment */\n#include %s\n' "$2" | plant "$1"
}

test_includes() {
    edge lib/api/client.c '"net/http.h"' && passes "api sees net"
    edge lib/core/err.c '"core/text.h"' && passes "a folder sees itself"
    edge lib/core/err.c '<sys/types.h>' && passes "headers of the system"
    edge lib/view/progress.h '"run/engine.h"' && passes "view sees run"
    edge cmd/occuport/main.c '"db/db.h"' && passes "cmd sees all of lib"
    edge lib/net/http.c '<curl/curl.h>' && passes "curl in its folder"
    edge tests/unit/core/test.c '"run/engine.h"' && passes "tests are exempt"
    edge lib/core/err.c '"model/plan.h"' && fails "core sees model" 'lib/core/err.c:2: "model/plan.h"'
    edge lib/core/err.c '"model/plan.h"' && fails "core sees model" 'may include only: nothing'
    edge lib/model/plan.c '"db/db.h"' && fails "model sees db" 'lib/model/plan.c:2:'
    edge lib/sink/csv.c '"store/ledger.h"' && fails "sink sees store" 'may include only: pg db model core'
    edge lib/config/keys.c '"net/http.h"' && fails "adapters see each other" 'lib/config/keys.c:2:'
    edge lib/run/engine.c '"view/progress.h"' && fails "run sees view" 'lib/run/engine.c:2:'
    edge lib/run/engine.c '"db/db.h"' && fails "run sees db" 'lib/run/engine.c:2:'
    edge lib/new/thing.c '"core/err.h"' && fails "a folder without a row" 'lib/new is not in the table'
    edge lib/sink/csv.c '"../store/ledger.h"' && fails "a way around" 'name a header by its folder'
    edge lib/store/ledger.c '<sqlite3.h>' && fails "sqlite3 outside lib/db" '<sqlite3.h> belongs to lib/db only'
    edge lib/run/engine.c '<curl/curl.h>' && fails "curl outside lib/net" '<curl/curl.h> belongs to lib/net only'
    edge lib/run/engine.c '  "json-c/json.h"' && fails "json-c elsewhere" 'belongs to lib/api cmd/innerspace-sim only'
    printf '#  include   "model/plan.h"\n' | plant lib/core/err.h && fails "blanks do not hide" 'lib/core/err.h:1:'
}

# body LINES: a function with that many lines, braces counted.
body() {
    printf 'static int long_one(int a,\n                    int b)\n{\n'
    awk -v count="$(($1 - 2))" 'BEGIN { for (i = 0; i < count; i++) print "    b++;" }'
    printf '}\n'
}

test_sizes() {
    body 60 | plant lib/core/a.c && passes "a function of 60 lines"
    body 61 | plant lib/core/a.c && fails "a function of 61 lines" 'lib/core/a.c:3: the function has 61 lines'
    body 61 | plant lib/core/a.c && fails "the name of the function" 'long_one(int a,'
    body 61 | plant tests/unit/a.c && fails "tests have the same budget" 'tests/unit/a.c:3:'
    { printf 'static const int table[] = {\n'; yes '    1,' | head -n 100; printf '};\n'; } | plant lib/core/a.c
    passes "a table is no function"
    yes '/* line */' | head -n 400 | plant cmd/occuport/a.h && passes "a file of 400 lines"
    yes '/* line */' | head -n 401 | plant cmd/occuport/a.h && fails "a file of 401 lines" 'cmd/occuport/a.h:401: the file has 401'
    yes '/* line */' | head -n 401 | plant lib/core/a.c
    printf 'int x;\n' >"$tree/lib/core/b.c"
    fails "a long file before a short one" 'lib/core/a.c:401: the file has 401 lines'
}

test_words() {
    printf 'mkstemp("XX%s");\n' XXXX | plant lib/core/a.c && passes "a template of mkstemp"
    printf 'int a; /* TO%s: more */\n' DO | plant lib/core/a.c && fails "a word in a source" 'lib/core/a.c:1:'
    printf '# FIX%s\n' ME | plant docs/a.md && fails "a word in a document" 'docs/a.md:1:'
    printf -- '-- HA%s\n' CK | plant migrations/1.sql && fails "a word in a migration" 'migrations/1.sql:1:'
}

"test_$lint"
[ "$failures" -eq 0 ] || exit 1
echo "$lint: passes what is good and fails what is bad"
