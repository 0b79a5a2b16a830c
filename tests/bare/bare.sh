#!/bin/sh
# ./dev bare [COMMAND [ARGUMENT...]]: proves that the project needs nothing that it does not say.
#
# A fresh Debian 12 with nothing but git and ca-certificates is made in a folder, from the Debian mirror that this
# machine's own apt uses; HEAD is cloned into it; `./dev demo` and `./dev test` (or ./dev COMMAND) run there.
# BARE_PARENT says where the folder is made (/var/tmp).
set -eu
what=bare
root=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/bare/system.sh
. "$root/tests/bare/system.sh"
[ "${1:-}" = --inside ] || system_alone "$0" "$@"
shift

# inside COMMAND...: ./dev COMMAND in the bare system, as a person who has just logged in would type it.
inside() {
    echo "bare: ./dev $*"
    system_run /bin/sh -c 'cd /root/occuport && exec ./dev "$@"' dev "$@"
}

parent=$(mktemp -d "${BARE_PARENT:-/var/tmp}/occuport-bare.XXXXXX")
trap system_remove EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
system_make git,ca-certificates
git -c safe.directory='*' clone -q --no-hardlinks "$root" "$system/root/occuport"
if [ $# -gt 0 ]; then
    inside "$@"
else
    inside demo
    inside test
fi
echo "bare: passed"
