#!/usr/bin/env bash
# completion.sh FILE: what the bash completion offers for a command line whose last word is being typed.
set -uo pipefail # not -e: compopt fails outside of a real completion
# shellcheck source=/dev/null
source "$1"
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
touch job.yaml old.yml notes.txt
mkdir jobs
failures=0

# offers EXPECTED WORD...: the words that are offered, sorted.
offers() {
    local expected=$1 found
    shift
    COMP_WORDS=("$@")
    COMP_CWORD=$(($# - 1))
    _occuport
    found=$(printf '%s\n' "${COMPREPLY[@]}" | LC_ALL=C sort | paste -sd ' ')
    if [[ $found != "$expected" ]]; then
        echo "FAILED: '$*' offers '$found', not '$expected'"
        failures=$((failures + 1))
    fi
}

offers "backfill check discover init plan report retry run schedule status" occuport ""
offers "status" occuport st
offers "status" occuport --json -v st
offers "--json" occuport run --j
offers "--max-age" occuport status --max-a
offers "" occuport check --max-a
offers "--worker" occuport run --w
offers "--workers" occuport schedule --w
offers "" occuport status --w
offers "" occuport schedule --workers ""
offers "cron k8s systemd" occuport schedule --format ""
offers "always auto never" occuport --color ""
offers "always auto" occuport run --color = a
offers "always auto never" occuport run --color =
offers "json" occuport --log-format j
offers "job.yaml jobs old.yml" occuport run ""
offers "job.yaml" occuport run old.yml job.
offers "" occuport run --max-runtime ""
offers "job.yaml jobs old.yml" occuport init -o ""
[[ $failures -eq 0 ]] || exit 1
echo "bash completion offers what it should"
