#!/bin/sh
# units.sh SOURCE BINARY: systemd takes the units, finds their sandbox tight, and the program's exit codes are mapped.
# What is wrong with a unit must be found too: each check is made to fail once.
set -eu
source=$1
binary=$2
# In tenths: 0 is the tightest, 20 the end of what systemd calls OK. docs/operations.md names it.
limit=12
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
failures=0

# unit [SED...]: the service, changed; it starts the binary that was built, as a user that is there.
unit() {
    sed -e "s|^ExecStart=occuport |ExecStart=$binary |" "$@" "$source/config/occuport@.service" >occuport@.service
    cp occuport@.service occuport@job.service
}

verify() {
    SYSTEMD_LOG_LEVEL=warning systemd-analyze verify --man=no --recursive-errors=no "$@" 2>&1
}

# Says nothing, and ends well.
is_sound() {
    said=$(verify "$@") && [ -z "$said" ]
}

is_tight() {
    said=$(systemd-analyze security --offline=true --no-pager --threshold=$limit "$folder/occuport@job.service" 2>&1)
}

must() {
    if ! "$@"; then
        printf 'FAILED: %s\n%s\n' "$*" "$said"
        failures=$((failures + 1))
    fi
}

must_not() {
    if "$@"; then
        printf 'FAILED: passes, and should not: %s\n%s\n' "$*" "$said"
        failures=$((failures + 1))
    fi
}

# Codes for which a run is repeated the same night; all others of docs/operations.md must be listed.
maps_every_code() {
    said=$(grep '^RestartPreventExitStatus=' occuport@.service)
    for code in $(sed -n 's/^| \([0-9][0-9]*\) | .*/\1/p' "$source/docs/operations.md"); do
        case $code in
        0 | 69 | 74 | 75) ! printf '%s\n' "$said" | grep -qw "$code" || return 1 ;;
        *) printf '%s\n' "$said" | grep -qw "$code" || return 1 ;;
        esac
    done
}

cp "$source/config/occuport@.timer" .
unit
must is_sound ./occuport@.service
must is_sound ./occuport@.timer
must maps_every_code
must is_tight
printf '%s\n' "$said" | tail -n 1
unit -e 's/^ProtectSystem=strict/ProtectSystem=tight/'
must_not is_sound ./occuport@.service
unit -e 's/^Restart=on-failure/Restart=always/'
must_not is_sound ./occuport@.service
unit -e 's/ 77 / /'
must_not maps_every_code
unit -e '/^SystemCallFilter=/d' -e '/^PrivateUsers=/d'
must_not is_tight
sed 's/^OnCalendar=.*/OnCalendar=*-13-* 04:00/' "$source/config/occuport@.timer" >occuport@.timer
must_not is_sound ./occuport@.timer
must_users() {
    said=$(systemd-sysusers --dry-run "$source/config/occuport.sysusers" 2>&1)
}
must must_users
[ "$failures" -eq 0 ] || exit 1
