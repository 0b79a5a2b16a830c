#!/bin/sh
# hardening.sh BINARY: what makes a fault hard to use for an attack is in the binary itself. Names all that is not.
set -eu
binary=$1
failures=0

# holds WHAT COMMAND...: complains unless the command succeeds.
holds() {
    what=$1
    shift
    if ! "$@"; then
        echo "$binary: $what"
        failures=$((failures + 1))
    fi
}

said=$(mktemp -d)
trap 'rm -rf "$said"' EXIT
export LC_ALL=C
readelf -W --file-header "$binary" >"$said/header"
readelf -W --program-headers "$binary" >"$said/segments"
readelf -W --dynamic "$binary" >"$said/dynamic"
readelf -W --dyn-syms "$binary" >"$said/symbols"

in_dynamic() { grep -Eq "$1" "$said/dynamic"; }
not_in_dynamic() { ! in_dynamic "$1"; }
is_pie() { grep -Eq 'Type: +DYN ' "$said/header" && in_dynamic '\(FLAGS_1\).* PIE'; }
has_relro() { grep -q 'GNU_RELRO' "$said/segments"; }
# The flags stand before the alignment, the last field.
has_plain_stack() { awk '$1 == "GNU_STACK" { seen = 1; bad = / RWE / } END { exit !seen || bad }' "$said/segments"; }
has_no_writable_code() { ! grep -Eq '^ +LOAD .* (RWE|WE) ' "$said/segments"; }
uses() { grep -Eq " UND ($1)(@|\$| )" "$said/symbols"; }

holds "is not position independent (-fPIE -pie)" is_pie
holds "its relocations stay writable (-z relro)" has_relro
holds "binds lazily (-z now)" in_dynamic '\(FLAGS(_1)?\).*\b(BIND_)?NOW\b'
holds "has an executable stack (-z noexecstack)" has_plain_stack
holds "has a segment that is written and executed" has_no_writable_code
holds "has text relocations" not_in_dynamic '\(TEXTREL\)|\(FLAGS\).*TEXTREL'
holds "searches a folder of its own for libraries (RPATH)" not_in_dynamic '\((RPATH|RUNPATH)\)'
holds "has no stack protector (-fstack-protector-strong)" uses '__stack_chk_fail'
holds "has no checked functions (-D_FORTIFY_SOURCE)" uses '__[a-z]+_chk'
[ "$failures" -eq 0 ] || exit 1
echo "$binary: hardened"
