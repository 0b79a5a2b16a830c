#!/bin/sh
# hardening_selftest.sh COMPILER: hardening.sh passes a hardened program, and fails one for each thing that is missing.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
failures=0

cat >program.c <<'SOURCE'
#include <stdio.h>
#include <string.h>
int main(int argc, char **argv)
{
    char text[16];
    memcpy(text, argv[0], (size_t)argc);
    printf(argv[0], text);
    return 0;
}
SOURCE
cat >written.c <<'SOURCE'
__asm__(".section .written,\"awx\"\n.long 1\n.text\n");
SOURCE
cat >relocation.c <<'SOURCE'
__asm__(".text\n.quad main\n");
SOURCE

# make FLAG...: the program, hardened as far as the flags, which come last, let it be. $compiler may hold words.
make() {
    # shellcheck disable=SC2086
    $compiler -w -O2 -fPIE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fstack-protector-strong program.c -o program \
        -pie -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack "$@"
}
compiler=$1

# fails TEXT FLAG...: the check must fail and say TEXT, and only that.
fails() {
    text=$1
    shift
    make "$@"
    if said=$("$here/hardening.sh" ./program 2>&1); then
        echo "FAILED: passes with $*"
        failures=$((failures + 1))
    elif [ "$(printf '%s\n' "$said" | grep -vcF "$text")" -ne 0 ] || ! printf '%s' "$said" | grep -qF "$text"; then
        printf 'FAILED: with %s it should say "%s" and says:\n%s\n' "$*" "$text" "$said"
        failures=$((failures + 1))
    fi
}

make
"$here/hardening.sh" ./program >said || { cat said; failures=$((failures + 1)); }
fails "not position independent" -no-pie
fails "relocations stay writable" -Wl,-z,norelro
fails "binds lazily" -Wl,-z,lazy
fails "executable stack" -Wl,-z,execstack
fails "text relocations" relocation.c -Wl,-z,notext
fails "RPATH" -Wl,-rpath,/opt
fails "RPATH" -Wl,--disable-new-dtags,-rpath,/opt
fails "stack protector" -fno-stack-protector
fails "checked functions" -U_FORTIFY_SOURCE
fails "written and executed" written.c
[ "$failures" -eq 0 ] || exit 1
echo "hardening: passes what is hardened and fails what is not"
