#!/bin/sh
# install.sh FOLDER SIMULATOR: the tarball and the package of FOLDER, in a bare Debian 12: installed, used for a run
# against the simulator, removed, and nothing of them left. Called by ./dev package --install-test, as root.
# The simulator runs outside: the system shares the loopback device of this machine, and needs nothing for it.
set -eu
what=package
root=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/bare/system.sh
. "$root/tests/bare/system.sh"
# shellcheck source=tests/package/use.sh
. "$root/tests/package/use.sh"
[ "${1:-}" = --inside ] || system_alone "$0" "$@"
shift
folder=$1
simulator=$2

say() {
    echo "$what: $*"
}

# quietly COMMAND...: in the system; what it says is shown only when it fails.
quietly() {
    system_run env DEBIAN_FRONTEND=noninteractive "$@" >"$parent/output" 2>&1 || {
        cat "$parent/output" >&2
        die "failed: $*"
    }
}

as_nobody() {
    system_run --userspec=nobody:nogroup env INNERSPACE_CLIENT_ID=a INNERSPACE_CLIENT_SECRET=b "$@"
}

# use NAME PROGRAM...: what a new user does with it: a starter job, then a job that works, as a user without rights.
use() {
    name=$1
    shift
    at=srv/$name
    mkdir "$system/$at"
    write_job occupancy.db >"$system/$at/job.yaml"
    chown -R nobody "$system/$at"
    chmod 600 "$system/$at/job.yaml"
    as_nobody "$@" --version
    as_nobody "$@" init -o "/$at/starter.yaml"
    as_nobody "$@" check "/$at/starter.yaml"
    as_nobody "$@" check "/$at/job.yaml"
    as_nobody "$@" run "/$at/job.yaml"
    as_nobody "$@" status --max-age 36h "/$at/job.yaml" >"$parent/status"
    head -n 1 "$parent/status"
    grep -q ' 0 missing, 0 failed' "$parent/status" || die "the run left something out"
    found=$(sqlite3 "$system/$at/occupancy.db" \
        'SELECT (SELECT COUNT(*) FROM building_insights) - (SELECT SUM(ROW_COUNT) FROM completeness),
            (SELECT COUNT(*) > 0 FROM building_insights)')
    [ "$found" = '0|1' ] || die "the rows are not what the ledger says: $found"
}

# Every name in the system, with its kind, rights and owner, and the content of what is configured; no caches, no logs.
snapshot() {
    (
        cd "$system"
        find . -xdev \( -path ./proc -o -path ./dev -o -path ./sys -o -path ./tmp -o -path ./srv -o -path ./var/cache \
            -o -path ./var/log -o -path ./var/lib/apt -o -path './var/lib/dpkg/*-old' \) -prune \
            -o -printf '%p %y %m %U %G %l\n'
        find etc -type f ! -name ld.so.cache -exec sha256sum {} +
    ) | LC_ALL=C sort >"$1"
    system_run dpkg-query -W >>"$1"
}

# same_as_before BEFORE WHAT
same_as_before() {
    snapshot "$parent/after"
    diff "$1" "$parent/after" || die "$2"
}

try_tarball() {
    say "the tarball, where there is libcurl4 and none of the other libraries"
    quietly apt-get install -y --no-install-recommends libcurl4
    for library in libjson-c5 libsqlite3-0 libyaml-0-2; do
        ! system_run dpkg-query -W "$library" >/dev/null 2>&1 || die "$library is there, so this would prove nothing"
    done
    tar -xzf "$folder"/occuport-*.tar.gz -C "$system/opt"
    cp "$folder"/occuport-*.tar.gz "$system/opt/"
    unpacked=$(cd "$system/opt" && echo occuport-*-linux-*[!z])
    system_run ldd "/opt/$unpacked/bin/occuport"
    use tarball "/opt/$unpacked/bin/occuport"
    # As its README says, word for word.
    readme=$system/opt/$unpacked/README
    snapshot "$parent/before"
    quietly sh -ec "cd /opt/$unpacked; $(sed -n 's/^    sudo \(cp .*\)/\1/p' "$readme")"
    system_run occuport --version
    quietly sh -ec "cd /opt; $(sed -n '/^    tar -tf/,/^$/p' "$readme" | sed 's/sudo //')"
    left=$(find "$system/usr/local" -type f -o -name '*occuport*')
    [ -z "$left" ] || die "the README's words for removing it leave $left"
    rm -rf "$system"/opt/occuport-*
    quietly apt-get purge -y --autoremove libcurl4
}

try_deb() {
    say "the package, in a system without systemd"
    snapshot "$parent/before"
    cp "$folder"/occuport_*.deb "$system/tmp/occuport.deb"
    quietly apt-get install -y --no-install-recommends /tmp/occuport.deb
    use deb occuport
    system_run env MANPAGER=cat man occuport >"$parent/page" 2>&1 || die "no man page"
    grep -q 'keep a local copy of InnerSpace occupancy data true' "$parent/page" || die "man shows something else"
    system_run bash -c '. /usr/share/bash-completion/completions/occuport && complete -p occuport'
    [ -s "$system/usr/share/zsh/vendor-completions/_occuport" ] || die "no completion for zsh"
    [ -s "$system/usr/share/fish/vendor_completions.d/occuport.fish" ] || die "no completion for fish"
    as_nobody occuport check /usr/share/doc/occuport/examples/example.yaml
    quietly apt-get purge -y --autoremove occuport
    same_as_before "$parent/before" "removing the package leaves this"
    [ -s "$system/srv/deb/occupancy.db" ] || die "removing the package took the rows away"
    say "removed: nothing is left of it, and the rows are still there"
}

# systemctl that only tells what it was asked: no systemd runs here, but the package's scripts look whether one does.
# It takes the place of the real one, since apt lets such scripts see no /usr/local.
pretend_systemd() {
    mkdir -p "$system/run/systemd/system"
    printf '#!/bin/sh\necho "$*" >>/tmp/asked\n' >"$system/usr/bin/systemctl"
}

# asked EXPECTED WHEN: what systemctl was asked since the last time, line by line.
asked() {
    found=$(cat "$system/tmp/asked" 2>/dev/null || :)
    rm -f "$system/tmp/asked"
    [ "$found" = "$1" ] || die "$2, systemctl was asked '$found' and not '$1'"
}

try_deb_with_systemd() {
    say "the package, beside systemd"
    quietly apt-get install -y --no-install-recommends systemd
    quietly apt-get install -y --no-install-recommends /tmp/occuport.deb
    grep -q '^occuport:' "$system/etc/passwd" || die "the service has no user"
    [ "$(system_run systemctl is-enabled occuport@museum.timer)" = disabled ] || die "the timer is enabled, or missing"
    left=$(find "$system/etc/systemd" -name '*occuport*')
    [ -z "$left" ] || die "installing enables $left"
    pretend_systemd
    quietly apt-get install -y --reinstall /tmp/occuport.deb
    asked '--system daemon-reload' "when installed again"
    quietly apt-get purge -y occuport
    asked 'stop occuport@*.timer
--system daemon-reload' "when removed"
    left=$(find "$system/usr" "$system/etc" "$system/var/lib" -name '*occuport*')
    [ -z "$left" ] || die "removing the package leaves $left"
}

finish() {
    [ -z "$simulator_pid" ] || kill "$simulator_pid" 2>/dev/null || :
    system_remove
}

parent=$(mktemp -d "${BARE_PARENT:-/var/tmp}/occuport-package.XXXXXX")
simulator_pid=
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
start_simulator
system_make ca-certificates,man-db
chmod 755 "$parent" # for the user without rights
quietly apt-get update -q
try_tarball
try_deb
try_deb_with_systemd
say "installed, used and removed: passed"
