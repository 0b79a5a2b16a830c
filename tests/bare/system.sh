# shellcheck shell=sh disable=SC2154 # `what` and `parent` are the caller's
# A bare Debian 12 in a folder, for bare.sh and for the test of the package. Sourced. The caller sets
#   what    its own name, for messages
#   parent  a folder of its own; the system is made in $parent/system, and system_remove takes the folder away
# and has called system_alone first.
suite=bookworm

die() {
    echo "$what: $*" >&2
    exit 1
}

# system_alone SCRIPT ARGUMENT...: starts the script again in a mount namespace of its own. The mounts are gone when it
# ends, however it ends, and the folder can never be removed through a mount of the machine.
system_alone() {
    [ "$(id -u)" -eq 0 ] || die "must be run by root"
    script=$1
    shift
    exec unshare --mount --propagation private "$script" --inside "$@"
}

# system_sources FORMAT: apt's own reading of its sources, of whatever form: what Debian itself offers for the suite.
system_sources() {
    apt-get indextargets --format "$1" 'Created-By: Packages' 'Origin: Debian' |
        grep -E "(^| )$suite(-updates|-security)?( |\$)" | sort -u
}

# Proxies and the like, in the words of apt.conf.
system_fetch_settings() {
    apt-config dump | grep -E '^Acquire::(http|https|Check-Date|Check-Valid-Until)\b.* "..*";$' || true
}

# system_make PACKAGE,PACKAGE...: what it holds beside the least.
system_make() {
    system=$parent/system
    mkdir "$system"
    # Not all of it may work: a source of someone else's, or another apt at the same time. The mirror decides.
    apt-get update -q >/dev/null 2>&1 || echo "$what: apt-get update failed; using the lists that are there" >&2
    mirror=$(system_sources '$(REPO_URI) $(CODENAME)' | awk -v suite="$suite" '$2 == suite { print $1; exit }')
    [ -n "$mirror" ] || die "apt has no Debian source for $suite"
    if [ -z "${http_proxy:-}" ]; then
        PROXY=
        eval "$(apt-config shell PROXY Acquire::http::Proxy)"
        [ -z "$PROXY" ] || [ "$PROXY" = DIRECT ] || export http_proxy="$PROXY"
    fi
    echo "$what: debootstrap $suite into $system"
    debootstrap --variant=minbase --include="$1" "$suite" "$system" "$mirror" >"$parent/debootstrap.log" 2>&1 || {
        tail -n 20 "$parent/debootstrap.log" >&2
        die "debootstrap failed"
    }
    system_sources 'deb $(REPO_URI) $(CODENAME) $(COMPONENT)' >"$system/etc/apt/sources.list"
    system_fetch_settings >"$system/etc/apt/apt.conf.d/90fetch"
    cp /etc/resolv.conf /etc/hosts "$system/etc/"
    mount -t proc proc "$system/proc"
    mount -t tmpfs -o mode=1777 tmpfs "$system/dev/shm"
    mount -t devpts -o newinstance,ptmxmode=0666 devpts "$system/dev/pts"
}

# system_run [--userspec=USER] COMMAND...: in the system, with nothing of this machine's environment but its proxies.
system_run() {
    user=
    case $1 in --userspec=*)
        user=$1
        shift
        ;;
    esac
    env -i HOME=/root TERM="${TERM:-dumb}" PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} \
        ${no_proxy:+no_proxy="$no_proxy"} \
        chroot ${user:+"$user"} "$system" "$@" </dev/null
}

system_remove() {
    for at in dev/pts dev/shm proc; do
        ! mountpoint -q "$parent/system/$at" || umount -l "$parent/system/$at"
    done
    rm -rf --one-file-system "$parent"
}
