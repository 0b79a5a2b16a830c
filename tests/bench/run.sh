#!/bin/sh
# The figures of docs/benchmarks.md. Called by ./dev bench; takes the build folder of a release build.
set -eu
build=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
occuport=$build/cmd/occuport/occuport
simulator=$build/cmd/innerspace-sim/innerspace-sim
folder=$(mktemp -d)
simulator_pid=
trap 'if [ -n "$simulator_pid" ]; then kill "$simulator_pid" 2>/dev/null || :; fi; rm -rf "$folder"' EXIT
trap 'exit 130' INT TERM
cd "$folder"

measure() {
    /usr/bin/python3 "$here/measure.py" "$@"
}

start_simulator() {
    "$simulator" --port 0 --port-file port --time-limit 900 "$@" 2>/dev/null &
    simulator_pid=$!
    while [ ! -s port ]; do sleep 0.05; done
}

stop_simulator() {
    kill "$simulator_pid"
    wait "$simulator_pid" || :
    simulator_pid=
    rm -f port
}

# write_job FIRST LAST: everything the simulator of "$@" has.
write_job() {
    first=$1
    last=$2
    shift 2
    cat <<TEXT
version: 1
api: {base_url: 'http://127.0.0.1:$(cat port)', client_id: demo, client_secret: demo-secret}
fetch: {requests_per_second: 0}
coverage: {from: $first, until: $last}
destinations: [{sqlite: {path: occupancy.db}}]
TEXT
    "$simulator" "$@" --dump job
}

echo "occuport --version:            $(measure 20 "$occuport" --version)"

start_simulator --from 2025-05-01 --to 2025-05-30
write_job 2025-05-01 2025-05-30 --from 2025-05-01 --to 2025-05-30 >job.yaml
"$occuport" run -q --json job.yaml >summary.json
echo "1,080 slices, 13,500 rows:     $(sed 's/.*"requests":\([0-9]*\).*"seconds":\([0-9.]*\).*/\1 requests (the public sample: 1,080), \2 s/' summary.json)"
stop_simulator

rm -f occupancy.db*
start_simulator --buildings 10 --sites 5 --groups 5 --from 2025-01-01 --to 2025-06-30
write_job 2025-01-01 2025-06-30 --buildings 10 --sites 5 --groups 5 --from 2025-01-01 --to 2025-06-30 >job.yaml
echo "1.1 million rows into SQLite:  $(measure 1 sh -c "rm -f occupancy.db*; exec '$occuport' run -q job.yaml")"
rows=$(sqlite3 occupancy.db 'SELECT count(*) FROM building_insights_rows')
bytes=$(stat -c %s occupancy.db)
echo "                               $rows rows, $((bytes / rows)) bytes a row (the simulator generates the answers meanwhile)"
echo "the same again, all slices:    $(measure 1 "$occuport" backfill --reprocess all -q job.yaml)"
stop_simulator

/usr/bin/python3 "$here/single_file.py" one 10000000
start_simulator --buildings 1 --from 2025-05-01 --to 2025-05-30
write_job 2025-05-30 2025-05-30 --buildings 1 | sed 's/sqlite: {path: occupancy.db}/csv: {directory: one, layout: single}/' >csv.yaml
echo "a night into one CSV file of 10 million rows: $(measure 1 "$occuport" backfill --reprocess all -q csv.yaml)"
stop_simulator
rm -rf one

echo "20,000 series x 5 years:       $(/usr/bin/python3 "$here/covered.py" "$occuport" "$folder/covered")"
cd covered
echo "  plan of the covered job:     $(measure 5 "$occuport" plan job.yaml)"
echo "  run of the covered job:      $(measure 5 "$occuport" run -q job.yaml)"
echo "  status of the covered job:   $(measure 5 "$occuport" status job.yaml)"
