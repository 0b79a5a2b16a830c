#!/bin/sh
# ./dev lint: everything that can be said about the sources without running them. Goes on after a failure; counts them.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
cd "$root"
failures=0

# step NAME COMMAND...: shows the output of the command only when it fails.
step() {
    name=$1
    shift
    output=$(mktemp)
    if "$@" >"$output" 2>&1 </dev/null; then
        printf 'ok      %s\n' "$name"
    else
        cat "$output"
        printf 'FAILED  %s\n' "$name"
        failures=$((failures + 1))
    fi
    rm -f "$output"
}

c_files() {
    find lib cmd tests -name '*.[ch]' | sort
}

format() {
    c_files | xargs -r clang-format --dry-run -Werror
}

shell() {
    # .ci/run, dev and the scripts of the package have no extension; all else that is shell ends in .sh. SC2100 takes a
    # hyphen in a name for a minus.
    find tests cmake -name '*.sh' | sort | xargs shellcheck -S warning -e SC2100 dev .ci/run cmake/debian/p*
}

build() {
    cmake --preset "$1" && cmake --build --preset "$1" --parallel "$(nproc)"
}

# clang-tidy knows how to compile a file from the database of the clang build; headers are seen through their users.
tidy() {
    [ -f build/clang/compile_commands.json ] || return 1
    c_files | grep '\.c$' | while read -r file; do
        ! grep -qF "$root/$file" build/clang/compile_commands.json || printf '%s\n' "$file"
    done | xargs -r -P "$(nproc)" -n 4 clang-tidy -p build/clang --quiet
}

step "format (clang-format)" format
step "shell (shellcheck)" shell
for lint in includes sizes words; do
    step "$lint" "$here/$lint.sh" .
    step "$lint can fail" "$here/selftest.sh" "$lint"
done
step "no warning from gcc (release)" build release
step "no warning from clang" build clang
step "clang-tidy" tidy
step "gcc -fanalyzer" build analyze

if [ "$failures" -gt 0 ]; then
    echo "$failures lints failed"
    exit 1
fi
echo "all lints passed"
