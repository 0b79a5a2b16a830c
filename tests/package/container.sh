#!/bin/sh
# container.sh SIMULATOR: builds the Containerfile with buildah and runs a job in what comes of it. No registry is asked:
# a Debian 12 made with debootstrap takes the place of debian:12-slim. Called by ./dev package --container-test, as root.
set -eu
what=container
root=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/bare/system.sh
. "$root/tests/bare/system.sh"
# shellcheck source=tests/package/use.sh
. "$root/tests/package/use.sh"
[ "${1:-}" = --inside ] || system_alone "$0" "$@"
shift
simulator=$1

build_with() {
    buildah --root "$parent/store" --runroot "$parent/run" --storage-driver vfs "$@"
}

# in_image ARGUMENT...: occuport, as the image says, with the job's folder where its comment says.
in_image() {
    build_with run --isolation chroot --network host -v "$parent/job:/etc/occuport:ro" "$container" \
        -- /usr/bin/occuport "$@"
}

make_base() {
    system_make ca-certificates
    base=$(build_with from scratch)
    tar --one-file-system -C "$system" -c . | tar -x -C "$(build_with mount "$base")"
    build_with umount "$base" >/dev/null
    build_with commit --rm -q "$base" docker.io/library/debian:12-slim >/dev/null
}

# setting NAME: what the image says of itself.
setting() {
    build_with inspect --type image --format "{{.OCIv1.Config.$1}}" occuport
}

parent=$(mktemp -d "${BARE_PARENT:-/var/tmp}/occuport-container.XXXXXX")
simulator_pid=
finish() {
    [ -z "$simulator_pid" ] || kill "$simulator_pid" 2>/dev/null || :
    system_remove
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
chmod 755 "$parent"
start_simulator
make_base
mkdir "$parent/context" "$parent/job"
copy_sources "$root" "$parent/context"
echo "$what: buildah build"
build_with build --isolation chroot --network host --pull-never -q \
    --build-arg SOURCE_DATE_EPOCH="$(cat "$root/build/debian/debian/epoch")" \
    -f "$parent/context/Containerfile" -t occuport \
    "$parent/context" >"$parent/build.log" 2>&1 || { tail -n 40 "$parent/build.log" >&2; die "the build failed"; }
[ "$(setting User)" = 10001:10001 ] || die "the image runs as '$(setting User)'"
[ "$(setting Entrypoint)" = '[/usr/bin/occuport]' ] || die "the image starts '$(setting Entrypoint)'"
write_job /var/lib/occuport/occupancy.db >"$parent/job/job.yaml"
container=$(build_with from --pull-never occuport)
in_image --version
in_image check /etc/occuport/job.yaml
in_image run /etc/occuport/job.yaml
in_image status --max-age 36h /etc/occuport/job.yaml | head -n 1
inside=$(build_with mount "$container")
[ "$(stat -c %u:%g "$inside/var/lib/occuport/occupancy.db")" = 10001:10001 ] || die "the rows belong to someone else"
[ ! -e "$inside/src" ] && [ ! -e "$inside/tmp/occuport.deb" ] || die "the build is left in the image"
echo "$what: built and used: passed"
