#!/bin/sh
# selftest.sh: the runner of the long forms passes on what they say, and can fail.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -p "$root/tests/soak" "$root/build"
cp "$here/run.sh" "$root/tests/soak/"

run() { # WANTED-STATUS: runs it for a minute, keeps what it prints
    status=0
    "$root/tests/soak/run.sh" "$root/build" 1 >"$root/out" 2>&1 || status=$?
    [ "$status" -eq "$1" ] || {
        cat "$root/out"
        echo "exit $status, not $1"
        exit 1
    }
}

says() {
    grep -qF "$1" "$root/out" || {
        cat "$root/out"
        echo "it does not say: $1"
        exit 1
    }
}

program() { # NAME STATUS
    mkdir -p "$root/tests/$1"
    printf '#!/bin/sh\necho "$1 $2"\necho "%s: figures"\nexit %s\n' "$1" "$2" >"$root/tests/$1/soak"
    chmod +x "$root/tests/$1/soak"
}

run 1
says "nothing was tried"
program first 0
program second 0
run 0
says "$root/build 30"
says "  first: figures"
says "2 programs in 1 minutes, nothing wrong"
program third 1
run 1
says "$root/build 20"
says "  third: figures"
says "wrong: third"
"$root/tests/soak/run.sh" "$root/build" soon 2>/dev/null && exit 1
echo "the runner of the long forms fails when one of them does"
