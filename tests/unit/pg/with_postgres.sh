#!/bin/sh
# with_postgres.sh COMMAND...: runs it beside a PostgreSQL of its own, which listens on a socket in a temporary folder
# only; OCCUPORT_TEST_POSTGRES is its dsn. The server belongs to the user postgres where root calls, and ends with the
# command. Exit 77: PostgreSQL is not installed.
set -eu
initdb=$(command -v initdb || find /usr/lib/postgresql -path '*/bin/initdb' 2>/dev/null | sort -V | tail -n 1)
if [ -z "$initdb" ]; then
    echo "with_postgres.sh: skipped, PostgreSQL is not installed (Debian: postgresql)" >&2
    exit 77
fi
bin=$(dirname "$(readlink -f "$initdb")")
folder=$(mktemp -d "${TMPDIR:-/tmp}/occuport-pg-XXXXXX")
as() { "$@"; }
if [ "$(id -u)" -eq 0 ]; then
    chown postgres "$folder"
    as() { runuser -u postgres -- "$@"; }
fi
starter=
# shellcheck disable=SC2317 # called by the trap
end() {
    if [ -n "$starter" ]; then
        kill -INT "$(head -n 1 "$folder/data/postmaster.pid" 2>/dev/null || echo "$starter")" 2>/dev/null || true
        wait "$starter" 2>/dev/null || true
    fi
    rm -rf "$folder"
}
trap end EXIT
trap 'exit 130' INT TERM
cd "$folder"
as "$bin/initdb" -D "$folder/data" -U postgres -A trust -E UTF8 --locale=C --no-sync >"$folder/log" 2>&1 || {
    cat "$folder/log" >&2
    exit 1
}
as "$bin/postgres" -D "$folder/data" -k "$folder" -c listen_addresses= -c fsync=off -c max_connections=50 \
    -c shared_buffers=32MB >>"$folder/log" 2>&1 &
starter=$!
waited=0
until "$bin/pg_isready" -q -h "$folder"; do
    waited=$((waited + 1))
    if [ "$waited" -gt 600 ] || ! kill -0 "$starter" 2>/dev/null; then
        cat "$folder/log" >&2
        exit 1
    fi
    sleep 0.05
done
export OCCUPORT_TEST_POSTGRES="host=$folder user=postgres dbname=postgres"
status=0
"$@" || status=$?
exit "$status"
