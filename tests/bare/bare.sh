#!/bin/sh
# ./dev bare [COMMAND [ARGUMENT...]]: proves that the project needs nothing that it does not say.
#
# A fresh Debian 12 with nothing but git and ca-certificates is made in a folder, from the Debian mirror that this
# machine's own apt uses; HEAD is cloned into it; `./dev demo` and `./dev test` (or ./dev COMMAND) run there.
#
# All mounts are made in a mount namespace of this script's own: they are gone when it ends, however it ends, and the
# folder can never be removed through a mount of the machine. BARE_PARENT says where the folder is made (/var/tmp).
set -eu
suite=bookworm
root=$(cd "$(dirname "$0")/../.." && pwd)

die() {
    echo "bare: $*" >&2
    exit 1
}

if [ "${1:-}" != --inside ]; then
    [ "$(id -u)" -eq 0 ] || die "must be run by root"
    exec unshare --mount --propagation private "$0" --inside "$@"
fi
shift

# sources FORMAT: apt's own reading of its sources, of whatever form: what Debian itself offers for the suite.
sources() {
    apt-get indextargets --format "$1" 'Created-By: Packages' 'Origin: Debian' |
        grep -E "(^| )$suite(-updates|-security)?( |\$)" | sort -u
}

# Proxies and the like, in the words of apt.conf.
fetch_settings() {
    apt-config dump | grep -E '^Acquire::(http|https|Check-Date|Check-Valid-Until)\b.* "..*";$' || true
}

prepare() {
    apt-get update -q >/dev/null || die "apt-get update failed"
    mirror=$(sources '$(REPO_URI) $(CODENAME)' | awk -v suite="$suite" '$2 == suite { print $1; exit }')
    [ -n "$mirror" ] || die "apt has no Debian source for $suite"
    if [ -z "${http_proxy:-}" ]; then
        PROXY=
        eval "$(apt-config shell PROXY Acquire::http::Proxy)"
        [ -z "$PROXY" ] || [ "$PROXY" = DIRECT ] || export http_proxy="$PROXY"
    fi
    echo "bare: debootstrap $suite into $system"
    debootstrap --variant=minbase --include=git,ca-certificates "$suite" "$system" "$mirror" >"$log" 2>&1 || {
        tail -n 20 "$log" >&2
        die "debootstrap failed"
    }
    sources 'deb $(REPO_URI) $(CODENAME) $(COMPONENT)' >"$system/etc/apt/sources.list"
    fetch_settings >"$system/etc/apt/apt.conf.d/90fetch"
    cp /etc/resolv.conf /etc/hosts "$system/etc/"
    mount -t proc proc "$system/proc"
    mount -t tmpfs -o mode=1777 tmpfs "$system/dev/shm"
    mount -t devpts -o newinstance,ptmxmode=0666 devpts "$system/dev/pts"
    git -c safe.directory='*' clone -q --no-hardlinks "$root" "$system/root/occuport"
}

cleanup() {
    for at in dev/pts dev/shm proc; do
        ! mountpoint -q "$system/$at" || umount -l "$system/$at"
    done
    rm -rf --one-file-system "$parent"
}

# inside COMMAND...: ./dev COMMAND in the bare system, as a person who has just logged in would type it.
inside() {
    echo "bare: ./dev $*"
    env -i HOME=/root TERM="${TERM:-dumb}" PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} \
        ${no_proxy:+no_proxy="$no_proxy"} \
        chroot "$system" /bin/sh -c 'cd /root/occuport && exec ./dev "$@"' dev "$@" </dev/null
}

parent=$(mktemp -d "${BARE_PARENT:-/var/tmp}/occuport-bare.XXXXXX")
system=$parent/system
log=$parent/debootstrap.log
mkdir "$system"
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
prepare
if [ $# -gt 0 ]; then
    inside "$@"
else
    inside demo
    inside test
fi
echo "bare: passed"
