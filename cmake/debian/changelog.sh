#!/bin/sh
# changelog.sh CHANGELOG.md EPOCH MAINTAINER OUTPUT: the changes in Debian's format. A version without a date has EPOCH.
set -eu
source=$1
epoch=$2
maintainer=$3
output=$4
export LC_ALL=C

# One line a heading or item of the last level, its continuation lines joined; blank lines end an item.
awk '
function flush() { if (item != "") print item; item = "" }
/^## / { flush(); print; next }
/^- / { flush(); item = $0; next }
/^  / && item != "" { sub(/^ +/, ""); item = item " " $0; next }
{ flush() }
END { flush() }' "$source" | {
    trailer=
    close_entry() {
        [ -z "$trailer" ] || printf '\n%s\n\n' "$trailer"
    }
    while IFS= read -r line; do
        case $line in
        '## '*)
            close_entry
            version=${line#'## '}
            version=${version%% *}
            case $line in
            *'('[0-9]*-*-*')')
                date=${line##*'('}
                day=${date%')'}
                suite=stable
                ;;
            *)
                day=@$epoch
                suite=UNRELEASED
                ;;
            esac
            printf 'occuport (%s) %s; urgency=medium\n\n' "$version" "$suite"
            trailer=" -- $maintainer  $(date -u -R -d "$day")"
            ;;
        '- '*) printf '%s\n' "${line#- }" | fold -s -w 74 | sed -e 's/ *$//' -e '1s/^/  * /' -e '1!s/^/    /' ;;
        esac
    done
    close_entry
} >"$output"
