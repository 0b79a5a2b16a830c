#!/bin/sh
# ./dev package [--install-test|--container-test]: makes what is given to others, into build/package, and looks at it as
# a stranger would: the same bytes from another folder, by a user with other habits; what is inside and what it needs;
# what lintian says.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
# shellcheck source=tests/package/use.sh
. "$root/tests/package/use.sh"
cd "$root"
output=$root/build/package

say() {
    printf 'package: %s\n' "$*" >&2
}

# quietly WHAT COMMAND...: shows the output of the command only when it fails.
quietly() {
    say "$1"
    shift
    if ! "$@" >"$work/output" 2>&1 </dev/null; then
        cat "$work/output" >&2
        say "failed: $*"
        exit 1
    fi
}

# The habits of someone else: another folder, language, time zone and umask.
build_elsewhere() (
    umask 077
    copy_sources "$root" "$elsewhere"
    export LC_ALL=C.UTF-8 LANG=C.UTF-8 TZ=Asia/Kathmandu
    SOURCE_DATE_EPOCH=$(cat build/debian/debian/epoch)
    export SOURCE_DATE_EPOCH # the copy has no history
    "$elsewhere/cmake/package.sh" "$work/second"
)

# open_up FILE FOLDER: what is in a package or tarball, with the data of each file that is not in its content.
open_up() {
    mkdir -p "$2"
    case $1 in
    *.deb)
        ar t "$1" >"$2/members"
        dpkg-deb --fsys-tarfile "$1" | TZ=UTC tar -tv --full-time --numeric-owner >"$2/listing"
        dpkg-deb --ctrl-tarfile "$1" | TZ=UTC tar -tv --full-time --numeric-owner >"$2/listing-control"
        dpkg-deb --raw-extract "$1" "$2/content"
        ;;
    *)
        TZ=UTC tar -tvzf "$1" --full-time --numeric-owner >"$2/listing"
        mkdir "$2/content"
        tar -xzf "$1" -C "$2/content"
        ;;
    esac
}

# same FILE ONE OTHER: built twice, the same. Else the first places that differ are named.
same() {
    if cmp "$2" "$3"; then
        say "$1: the same bytes when built elsewhere"
        return
    fi
    say "$1 differs when it is built elsewhere"
    case $1 in *.deb | *.tar.gz)
        open_up "$2" "$work/open/first"
        open_up "$3" "$work/open/second"
        (cd "$work/open" && diff -r first second | head -n 5) >&2
        ;;
    esac
    exit 1
}

# needs FILE: the libraries that a program asks for itself.
needs() {
    LC_ALL=C readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | LC_ALL=C sort | tr '\n' ' '
}

# expect WHAT FOUND EXPECTED
expect() {
    if [ "$2" != "$3" ]; then
        printf '%s:\n%s\nand not:\n%s\n' "$1" "$2" "$3" >&2
        exit 1
    fi
}

look_into_tarball() {
    mkdir "$work/tarball"
    tar -xzf "$output"/occuport-*.tar.gz -C "$work/tarball"
    unpacked=$(echo "$work"/tarball/*)
    program=$unpacked/bin/occuport
    case $(dpkg --print-architecture) in
    amd64) expect "what the tarball's program needs" "$(needs "$program")" \
        "ld-linux-x86-64.so.2 libc.so.6 libcurl.so.4 libm.so.6 " ;;
    *) expect "what the tarball's program should hold itself" \
        "$(needs "$program" | tr ' ' '\n' | grep -E 'json|sqlite|yaml')" "" ;;
    esac
    "$program" --version
    "$root/tests/house/hardening.sh" "$program"
    for file in README LICENSE licences/libjson-c licences/libsqlite3 licences/libyaml share/man/man1/occuport.1 \
        share/bash-completion/completions/occuport share/doc/occuport/examples/example.yaml share/occuport/schema.json \
        'lib/systemd/system/occuport@.service' 'lib/systemd/system/occuport@.timer'; do
        [ -s "$unpacked/$file" ] || { say "the tarball lacks $file"; exit 1; }
    done
    ! grep -n '@[A-Z]*@' "$unpacked/README" || { say "the tarball's README is not filled in"; exit 1; }
}

look_into_deb() {
    open_up "$output"/occuport_*.deb "$work/deb"
    (cd "$work/deb/content" && find . -path ./DEBIAN -prune -o -type f -printf '%m %p\n' | sed 's|\./||' |
        LC_ALL=C sort -k 2) >"$work/found"
    "$root/tests/house/install.sh" --package-list | diff -u - "$work/found" || { say "the package holds something else"; exit 1; }
    awk '$2 != "0/0" { print; bad = 1 } END { exit bad }' "$work/deb/listing" "$work/deb/listing-control" ||
        { say "files of someone else than root"; exit 1; }
    "$root/tests/house/hardening.sh" "$work/deb/content/usr/bin/occuport"
    control=$work/deb/content/DEBIAN/control
    for needed in libc6 libcurl4 libjson-c5 libsqlite3-0 libyaml-0-2 libpq5 ca-certificates tzdata; do
        sed -n 's/^Depends: //p' "$control" | tr ',' '\n' | grep -qE "^ *$needed( |\$)" ||
            { say "the package does not depend on $needed"; exit 1; }
    done
    [ ! -e "$work/deb/content/DEBIAN/conffiles" ] || { say "the package has conffiles"; exit 1; }
    dpkg-parsechangelog -l "$(gunzip -c "$work"/deb/content/usr/share/doc/occuport/changelog.gz >"$work/changelog" &&
        echo "$work/changelog")" -S Version | grep -qxF "$(sed -n 's/^Version: //p' "$control")" ||
        { say "the newest version of the changelog is another one"; exit 1; }
    sed -n '/^\(Version\|Installed-Size\|Depends\):/p' "$control"
}

work=$(mktemp -d)
elsewhere=$work/a/quite/different/folder
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
quietly "building into build/package" cmake/package.sh "$output"
quietly "building elsewhere" build_elsewhere
for preset in debian portable; do
    binary=build/$preset/cmd/occuport/occuport
    same "$binary" "$binary" "$elsewhere/$binary"
done
for file in $(cd "$output" && ls -r); do
    same "$file" "$output/$file" "$work/second/$file"
done
look_into_deb
look_into_tarball
# Everything that lintian knows of counts; what is overridden has its reason in cmake/debian/lintian-overrides.
quietly "lintian" lintian --no-cfg --allow-root --pedantic --display-info --display-experimental \
    --fail-on=error,warning,info,pedantic,experimental "$output"/occuport_*.deb
simulator=$root/build/debian/cmd/innerspace-sim/innerspace-sim
case ${1:-} in
--install-test) "$here/install.sh" "$output" "$simulator" ;;
--container-test) "$here/container.sh" "$simulator" ;;
esac
ls -l "$output"
say "passed"
